"""Entries that name others of their kind: unknown names, circles, and what stands on what is lost.

Each costs the entries it concerns only.
"""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from generator.diagnostics import Diagnostic, Location, diagnostic, nearest


class Reference(Struct, frozen=True):
    """An entry named by another."""

    slug: str
    at: Location


class Graph(Struct, frozen=True):
    """The entries of a platform that stand, what each names, and which were lost before."""

    subject: str
    what: str
    edges: Mapping[str, tuple[Reference, ...]]
    lost: frozenset[str] = frozenset()

    def broken(self) -> Iterator[tuple[str, Diagnostic]]:
        """The entries that cannot stand, and why: first those at fault, then those upon them."""
        fallen: dict[str, Diagnostic] = {}
        for slug, references in self.edges.items():
            found = next(self._faults(slug, references), None)
            if found is not None:
                fallen[slug] = found
        while True:
            more = dict(self._upon({*fallen, *self.lost}, fallen))
            if not more:
                break
            fallen.update(more)
        yield from fallen.items()

    def _faults(self, slug: str, references: Iterable[Reference]) -> Iterator[Diagnostic]:
        subject = f"{self.subject}.{slug}"
        for reference in references:
            name = reference.slug
            if name not in self.edges and name not in self.lost:
                yield diagnostic(
                    "unknown-reference",
                    reference.at,
                    subject,
                    platform=self.subject.partition(".")[0],
                    what=self.what,
                    name=name,
                    nearest=nearest(name, self.edges),
                )
            cycle = self._path(name, slug)
            if cycle:
                text = " → ".join(f"`{step}`" for step in (slug, *cycle))
                yield diagnostic("cyclic-reference", reference.at, subject, cycle=text)

    def _path(self, start: str, goal: str) -> tuple[str, ...]:
        """A way from one entry to another; nothing if there is none."""
        came: dict[str, str | None] = {start: None}
        todo = [start]
        while todo:
            slug = todo.pop()
            if slug == goal:
                return tuple(reversed(tuple(_back(came, slug))))
            for reference in self.edges.get(slug, ()):
                if reference.slug not in came:
                    came[reference.slug] = slug
                    todo.append(reference.slug)
        return ()

    def _upon(
        self, lost: set[str], fallen: Mapping[str, Diagnostic]
    ) -> Iterator[tuple[str, Diagnostic]]:
        for slug, references in self.edges.items():
            on = next((r for r in references if r.slug in lost), None)
            if slug not in fallen and on is not None:
                subject = f"{self.subject}.{slug}"
                yield (
                    slug,
                    diagnostic(
                        "lost-reference", on.at, subject, what=f"the {self.what}", name=on.slug
                    ),
                )


def _back(came: Mapping[str, str | None], slug: str | None) -> Iterator[str]:
    while slug is not None:
        yield slug
        slug = came[slug]
