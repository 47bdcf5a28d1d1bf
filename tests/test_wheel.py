"""The wheel carries all that the site needs: installed in a fresh environment, outside the tree, it serves a page."""

import os
import subprocess
import sys
import sysconfig
import urllib.request
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.support import servers
from tests.support.source import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.one_database]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from what git would commit, as a release does."""
    tree = tmp_path_factory.mktemp("tree")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_bytes((ROOT / name).read_bytes())
    out = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(tree)]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = out.glob("*.whl")
    return built


def test_wheel_holds_the_files_beside_the_code(wheel: Path):
    names = set(ZipFile(wheel).namelist())
    wanted = [
        *(path.relative_to(ROOT) for folder in ("templates", "static") for path in (ROOT / folder).rglob("*")),
        *(path.relative_to(ROOT / "s3chem_events") for path in (ROOT / "s3chem_events/migrations").rglob("*.py")),
        *(path.relative_to(ROOT / "s3chem_events") for path in (ROOT / "s3chem_events/sample").rglob("*.json")),
    ]
    missing = [str(path) for path in wanted if path.suffix and f"s3chem_events/{path}" not in names]
    assert missing == []
    catalogues = [
        path.with_suffix(".mo").relative_to(ROOT) for path in ROOT.glob("s3chem_events/translations/*/*/*.po")
    ]
    assert [str(path) for path in catalogues if str(path) not in names] == []
    assert not [name for name in names if name.startswith(("tests/", "instance/"))]


def test_installed_wheel_serves_a_page_outside_the_tree(wheel: Path, tmp_path: Path):
    """The environment is new; the locked packages are lent by the one that runs the tests, to save a minute."""
    fresh = tmp_path / "venv"
    venv.create(fresh, with_pip=False)
    python = fresh / "bin/python"
    install = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "-q",
        "--no-deps",
        "--no-index",
        str(wheel),
    ]
    subprocess.run(install, check=True)
    (site,) = fresh.glob("lib/python*/site-packages")
    (site / "lent.pth").write_text(sysconfig.get_path("purelib"))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    port = servers.free_port()
    settings = {"S3CHEM_INSTANCE": str(elsewhere / "instance"), "S3CHEM_BASE_URL": f"http://127.0.0.1:{port}"}
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("S3CHEM_", "PYTHONPATH", "COV"))} | settings
    command = str(fresh / "bin/s3chem-events")

    ask = [str(python), "-c", "import s3chem_events; print(s3chem_events.__file__)"]
    assert subprocess.check_output(ask, cwd=elsewhere, env=environ, text=True).startswith(str(site))
    for step in ("setup", "demo"):
        subprocess.run([command, step], cwd=elsewhere, env=environ, check=True, capture_output=True)
    process = subprocess.Popen(
        [command, "web", "--port", str(port), "--workers", "1"], cwd=elsewhere, env=environ, text=True
    )
    try:
        server = servers.Server(f"http://127.0.0.1:{port}", process)
        server.await_answer()
        pages = {
            path: urllib.request.urlopen(server.url + path).read().decode()
            for path in ("/en/", "/de/", "/static/css/site.css")
        }
    finally:
        process.terminate()
        process.wait(10)
    assert "S3Chem" in pages["/en/"]
    assert 'lang="de"' in pages["/de/"]
    assert "{" in pages["/static/css/site.css"]
