"""The dbt project: its models, semantic models and metrics."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from msgspec import Struct

from generator import dbt
from generator.artifact import Artifact
from generator.explain.things import Found, Key, Kind, Thing, Tie, facts
from generator.explain.warehouse import relation_key
from generator.facts.catalog import RelationName

_REF = re.compile(r"ref\('((?:[^'\\]|\\.)*)'\)")
_SOURCE = re.compile(r"source\('((?:[^'\\]|\\.)*)', '((?:[^'\\]|\\.)*)'\)")


class Meant(Struct, frozen=True):
    """What the free part of a config means: what is defined, and monitoring projects by slug.

    A project may see a metric otherwise than others do: `own` has its metrics, by key path.
    """

    metrics: Mapping[tuple[str, str], Key]
    sources: Mapping[tuple[str, str], Key]
    projects: Mapping[str, Key]
    own: Mapping[str, Mapping[str, Key]]

    def ties(self, key: Key, config: dbt.Config | None, subject: str) -> Found:
        """What something stands on by its config."""
        meta = config.meta if config else {}
        platform, slug = str(meta.get("platform")), str(meta.get("metric"))
        own = self.own.get(subject, {})
        metric = own.get(slug) or self.metrics.get((platform, slug))
        source = self.sources.get((platform, str(meta.get("data_source"))))
        yield from (Tie(key, known) for known in (metric, source) if known)
        project = self.projects.get(str(meta.get("project")))
        if project:
            yield Tie(key, project, leads=False)


def model_key(name: str) -> Key:
    """A model as a thing."""
    return Key(Kind.MODEL, f"dbt.models.{name}")


def models(artifacts: Iterable[Artifact], meant: Meant) -> Found:
    """All that the files of the project define."""
    every = tuple(artifacts)
    sources = {key: name for item in every for key, name in _tables(item)}
    described = {
        model.name: model.description
        for item in every
        if isinstance(item.content, dbt.Properties)
        for model in item.content.models
    }
    by_path = {project.name: project for project in meant.projects.values()}
    for item in every:
        if isinstance(item.content, dbt.Properties):
            yield from _properties(item, item.content, meant)
        elif item.kind == "dbt_model":
            for found in _model(item, sources, described):
                yield found
                if isinstance(found, Tie) and found.how == "source" and item.subject in by_path:
                    yield Tie(by_path[item.subject], found.base, "reads")


def _tables(item: Artifact) -> Iterator[tuple[tuple[str, str], RelationName]]:
    """The relations that stand behind the sources of a file."""
    content = item.content
    for source in content.sources if isinstance(content, dbt.Properties) else ():
        for table in source.tables:
            name = table.identifier or table.name
            for need in item.needs:
                if (need.dataset, need.table) == (source.schema, name) and source.database in {
                    None,
                    need.project,
                }:
                    yield (source.name, table.name), need


def _model(
    item: Artifact,
    sources: Mapping[tuple[str, str], RelationName],
    described: Mapping[str, str | None],
) -> Found:
    name = PurePosixPath(item.path).stem
    key = model_key(name)
    yield Thing(
        key,
        (key.name,),
        item.at,
        item.subject.partition(".")[0],
        Key(Kind.FILE, f"dbt/{item.path}"),
        description=described.get(name),
        facts=facts(made_for=item.subject),
    )
    content = item.content
    for call in content.sources.values() if isinstance(content, dbt.Model) else ():
        yield from _calls(key, call, sources)


def _calls(key: Key, call: str, sources: Mapping[tuple[str, str], RelationName]) -> Found:
    for name in _REF.findall(call):
        yield Tie(key, model_key(_plain(name)), "ref")
    for source, table in _SOURCE.findall(call):
        relation = sources.get((_plain(source), _plain(table)))
        if relation:
            yield Tie(key, relation_key(relation), "source")


def _plain(text: str) -> str:
    return text.replace("\\'", "'").replace("\\\\", "\\")


def _properties(item: Artifact, content: dbt.Properties, meant: Meant) -> Found:
    for model in content.models:
        key = model_key(model.name)
        for config in (model.config, *(column.config for column in model.columns)):
            yield from meant.ties(key, config, item.subject)
    measures: dict[str, Key] = {}
    for semantic in content.semantic_models:
        key = Key(Kind.SEMANTIC, f"dbt.semantic_models.{semantic.name}")
        measures |= dict.fromkeys((measure.name for measure in semantic.measures), key)
        yield _thing(key, item, semantic)
        for name in _REF.findall(semantic.model):
            yield Tie(key, model_key(_plain(name)), "model")
        yield from meant.ties(key, semantic.config, item.subject)
    for metric in content.metrics:
        key = _number(metric.name)
        yield _thing(key, item, metric)
        yield from meant.ties(key, metric.config, item.subject)
        yield from (Tie(key, _number(name), "input") for name in dbt.inputs_of(metric))
        measure = getattr(metric.type_params, "measure", "")
        if measure in measures:
            yield Tie(key, measures[measure], f"measure {measure}")


def _number(name: str) -> Key:
    return Key(Kind.NUMBER, f"dbt.metrics.{name}")


def _thing(key: Key, item: Artifact, said: dbt.SemanticModel | dbt.Metric) -> Thing:
    return Thing(
        key,
        (key.name,),
        item.at,
        item.subject.partition(".")[0],
        Key(Kind.FILE, f"dbt/{item.path}"),
        said.label,
        said.description,
        facts=facts(type=getattr(said, "type", None)),
    )


def makers(artifacts: Iterable[Artifact], relations: Iterable[RelationName]) -> Found:
    """Which of the relations are made by a model of ours."""
    made: dict[tuple[str, str], Key] = {}
    for item in artifacts:
        if isinstance(item.content, dbt.Model):
            name = PurePosixPath(item.path).stem
            config = item.content.config
            made[str(config.get("schema")), str(config.get("alias", name))] = model_key(name)
    for relation in relations:
        maker = made.get((relation.dataset, relation.table))
        if maker:
            yield Tie(relation_key(relation), maker, "made by", leads=False)
