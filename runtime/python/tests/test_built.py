"""What is kept of the project's own STATIC_ROOT."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from djwar_handler.built import Built


def write(folder: Path, names: list[str]) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)


def kept(project: Path, root: object, collected: list[str]) -> list[str]:
    destination = project.parent / "collected"
    destination.mkdir()
    built = Built(project, root, destination)
    write(destination, collected)
    names = built.keep()
    found = sorted(path.relative_to(destination).as_posix() for path in destination.rglob("*") if path.is_file())
    assert found == sorted({*names, *collected})
    return names


@pytest.fixture
def project(tmp_path: Path) -> Path:
    project = tmp_path / "project"
    write(
        project / "assets",
        ["vite/.vite/manifest.json", "vite/main.js", "app/a.css", "app/old.css", "index.txt", ".hidden", "app/b.css~", ".git/HEAD"],
    )
    return project


def test_a_folder_that_is_collected_into_is_collectstatics(project: Path) -> None:
    assert kept(project, "assets", ["app/a.css"]) == ["index.txt", "vite/.vite/manifest.json", "vite/main.js"]


def test_a_manifest_says_what_was_collected(project: Path) -> None:
    manifest = {"paths": {"app/old.css": "app/old.0123456789ab.css"}}
    (project / "assets/staticfiles.json").write_text(json.dumps(manifest))
    write(project / "assets", ["app/old.0123456789ab.css", "app/old.css.gz", "app/bundle.js"])
    assert kept(project, str(project / "assets"), ["app/a.css"]) == [
        "app/bundle.js",
        "index.txt",
        "vite/.vite/manifest.json",
        "vite/main.js",
    ]


@pytest.mark.parametrize("root", [None, "", ".", "..", "/", "none", "assets/index.txt", 3])
def test_what_is_no_folder_of_the_project_is_left_alone(project: Path, root: object) -> None:
    assert kept(project, root, ["app/a.css"]) == []


def test_a_folder_of_code_is_left_alone(project: Path) -> None:
    write(project / "assets", ["__init__.py"])
    assert kept(project, project / "assets", []) == []


def test_a_broken_manifest_is_none(project: Path) -> None:
    (project / "assets/staticfiles.json").write_text('{"paths": [')
    assert "vite/main.js" in kept(project, "assets", ["app/a.css"])
