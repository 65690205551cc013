"""Where parts are made: what is known is taken as it stands, the rest is printed at once."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from generator.answers import Answers, Question, digest
from generator.artifact import Artifact, File, FileTree, Listing, Printed
from generator.emit import emit, file_tree
from generator.facts.catalog import Catalog
from generator.facts.conventions import Conventions
from generator.memory import Record, Records
from generator.parts import Made, Maker, Part
from generator.processes import AVAILABLE, Errand, shares
from generator.publish.disk import Press
from generator.stages import Stages, nobody

_LISTING = "*"
"""Goes for a part; no namespace is called so."""

WORTH = 200
"""What other processes are worth: about so many views take as long as they do to begin."""
_TWO = 2
_STUDY = 20


class Desk(Struct):
    """Makes the parts of one run. `known` are those of an earlier run, `made` those of this one.

    Texts go to the disk as soon as they are printed. `reused` are the parts that were not made.
    """

    lookml: Press
    dbt: Press
    stages: Stages
    known: Records = field(default_factory=dict)
    jobs: int = 1
    made: dict[str, Record] = field(default_factory=dict)
    reused: list[str] = field(default_factory=list)
    _answers: dict[int, Answers] = field(default_factory=dict)
    _errands: dict[str, Errand] = field(default_factory=dict)

    def begin(self, parts: Sequence[Part], catalog: Catalog, maker: Maker) -> Iterable[Part]:
        """Let other processes make parts of which nothing is known, if they are worth it.

        Definitions are made here, for each has to wait for the one before, and so is what shows
        them. What others make is asked for last, so that nobody waits who has something to do.
        """
        answers = self._answers_of(catalog)
        todo = [part for part in parts if self._record(part, answers) is None]
        apart = [part for part in todo if not _waits(part)]
        weights = [_weight(part) for part in apart]
        if self.jobs < _TWO or sum(weights) < WORTH or not AVAILABLE:
            return parts
        here = sum(_weight(part) for part in todo if _waits(part))
        for share in shares(weights, (here, *(0 for _ in range(self.jobs - 1))))[1:]:
            given = [apart[place] for place in share]
            if given:
                errand = Errand.of(partial(self._work, given, answers, maker))
                self._errands.update(dict.fromkeys((part.name for part in given), errand))
        return sorted(parts, key=lambda part: part.name in self._errands)

    def _work(
        self, parts: Sequence[Part], answers: Answers, maker: Maker
    ) -> tuple[dict[str, tuple[Made, Record]], Mapping[str, tuple[float, float]]]:
        """What another process does: it tells what it made, and how long each step took."""
        self.stages.watcher = nobody
        self.stages.seconds.clear()
        for press in (self.lookml, self.dbt):
            press.leave_lock()  # it is the parent's
        made = {part.name: self._made(part, answers, maker) for part in parts}
        return made, self.stages.seconds

    def end(self) -> None:
        """End what other processes still do."""
        for errand in self._errands.values():
            errand.abandon()

    def make(self, part: Part, catalog: Catalog, maker: Maker) -> Made:
        """What becomes of a part; as it stands, if nothing that it follows from has changed."""
        answers = self._answers_of(catalog)
        record = self._record(part, answers)
        if record:
            self.reused.append(part.name)
            made = record.made
        else:
            made, record = self._fetched(part) or self._made(part, answers, maker)
        self.made[part.name] = record
        return made

    def _fetched(self, part: Part) -> tuple[Made, Record] | None:
        """What another process made of a part, if one did."""
        errand = self._errands.pop(part.name, None)
        found = errand and errand.result()
        if not found:
            return None
        made, seconds = found
        self.stages.add(seconds)
        seconds.clear()  # it is asked for each of its parts
        known: tuple[Made, Record] = made[part.name]
        return known

    def _record(self, part: Part, answers: Answers) -> Record | None:
        """What is known of a part, if it still holds."""
        record = self.known.get(part.name)
        same = record is not None and record.key == key_of(part)
        return record if record and same and self._holds(record, answers) else None

    def _answers_of(self, catalog: Catalog) -> Answers:
        if id(catalog) not in self._answers:
            with self.stages.stage("compare"):
                self._answers[id(catalog)] = Answers.of(catalog)
        return self._answers[id(catalog)]

    def _holds(self, record: Record, answers: Answers) -> bool:
        """Whether the catalog answers as it did, and all files stand as they were printed."""
        with self.stages.stage("compare"):
            same = all(answers.digest(question) == said for question, said in record.asked)
            files = ((self.lookml, record.made.files), (self.dbt, record.made.models))
            return same and all(_stand(press, printed) for press, printed in files)

    def _made(self, part: Part, answers: Answers, maker: Maker) -> tuple[Made, Record]:
        asked: dict[Question, None] = {}
        made = maker(part, answers.watched(asked))
        with self.stages.stage("print"):
            files = tuple(self.printed(file, self.lookml) for file in made.files)
            models = tuple(self.printed(file, self.dbt) for file in made.models)
        made = replace(made, files=files, models=models)
        with self.stages.stage("compare"):
            said = tuple((question, answers.digest(question)) for question in asked)
        placed = replace(made, files=_placed(files), models=_placed(models), unkept=())
        known = replace(part, removals=made.removals)  # as the next run knows it
        return made, Record(key_of(known), said, placed)

    def listed(self, tree: FileTree) -> FileTree:
        """The tree; a listing that says what it said is not printed again."""
        files: list[File] = list(tree.printed.values())
        for artifact in tree.artifacts.values():
            same = isinstance(artifact.content, Listing)
            files.append(self._listing(artifact) if same else artifact)
        return file_tree(files)

    def _listing(self, artifact: Artifact) -> Printed:
        key = digest((artifact.path, artifact.kind, artifact.subject, artifact.content))
        record = self.known.get(_LISTING)
        if not (record and record.key == key and _stand(self.lookml, record.made.files)):
            with self.stages.stage("print"):
                file = self.printed(artifact, self.lookml)
            self.made[_LISTING] = Record(key, (), Made(files=_placed((file,))))
            return file
        self.made[_LISTING] = record
        (known,) = record.made.files
        return known  # type: ignore[return-value]

    def printed(self, file: File, press: Press) -> Printed:
        """The file, printed."""
        return file if isinstance(file, Printed) else press.print(file, emit(file))


def _waits(part: Part) -> bool:
    """Whether a part has to wait for another: definitions for their names, others for those."""
    return bool(part.linked.platforms) or part.views is None


def _weight(part: Part) -> int:
    """About how much there is to make."""
    linked = part.linked
    views = sum(len(spec.views) for spec in linked.namespaces)
    metrics = sum(len(platform.metrics) for platform in linked.platforms)
    return 1 + views + metrics + len(part.shown) + _STUDY * len(linked.monitored.computed)


def _stand(press: Press, files: tuple[File, ...]) -> bool:
    return all(isinstance(file, Printed) and press.stands(file) for file in files)


def _placed(files: tuple[Printed, ...]) -> tuple[Printed, ...]:
    """The files as the next run finds them."""
    return tuple(replace(file, place=None) if file.place else file for file in files)


def key_of(part: Part) -> bytes:
    """A digest of all that a part follows from, but for the catalog and our own code."""
    conventions = msgspec.json.encode(part.linked.conventions, order="deterministic")
    rest = replace(part, linked=replace(part.linked, conventions=Conventions(frozenset())))
    return digest((conventions, rest))
