import subprocess

from helpers import colab


def test_nothing_is_installed_that_is_there_already(monkeypatch):
    monkeypatch.setattr(subprocess, "run", lambda *args, **kwargs: 1 / 0)
    assert colab.missing() == []
    colab.install_missing()


def test_only_what_is_lacking_is_installed(monkeypatch):
    calls = []
    monkeypatch.setattr(subprocess, "run", lambda command, check: calls.append(command))
    monkeypatch.setattr(colab, "missing", lambda: ["surely-not-installed>=1"])
    colab.install_missing()
    assert [part for part in calls[0] if "torch" in part or "numpy" in part] == []
    assert calls[0][-1] == "surely-not-installed>=1"


def test_installed_in_any_version_counts_as_there():
    assert colab.missing(["torch>=999", "surely-not-installed>=1"]) == ["surely-not-installed>=1"]
