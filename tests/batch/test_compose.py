"""compose.yaml and its Dockerfile: what the processes share, and who they run as."""

import json
import re
from typing import Any

import yaml

from jimeng_app.batch.settings import BatchSettings
from tests.app.app_process import ROOT
from tests.project.test_docs import setting_names

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]


def test_replicas_and_workers_share_database_and_files() -> None:
    """Two replicas and two workers are one image with one database and one data folder."""
    app, worker = SERVICES["app"], SERVICES["worker"]
    for each in (app, worker):
        assert each["deploy"]["replicas"] == 2
        assert each["depends_on"]["db"]["condition"] == "service_healthy"
    assert app["image"] == worker["image"]
    assert app["volumes"] == worker["volumes"] == ["data:/data"]
    url = app["environment"]["DATABASE_URL"]
    assert url == worker["environment"]["DATABASE_URL"]
    named = re.sub(r"\$\{[^}]*\}", "secret", url)
    settings = BatchSettings.load(database_url=named)
    address = "postgresql+psycopg://jimeng:secret@db/jimeng"
    assert settings.database().partition("?")[0] == address
    database = SERVICES["db"]["environment"]
    assert named == f"postgresql://{database['POSTGRES_USER']}:secret@db/{database['POSTGRES_DB']}"


def test_only_workers_work() -> None:
    """The replicas leave batches to the workers, whose command exists."""
    assert SERVICES["app"]["environment"]["JIMENG_BATCH_WORKER"] == "0"
    assert "JIMENG_BATCH_WORKER" not in SERVICES["worker"]["environment"]
    assert SERVICES["worker"]["command"] == ["jimeng", "worker"]


def test_variables_are_settings() -> None:
    """Every variable of the app is a setting; no file holds a secret, and .env changes no place."""
    variables = SERVICES["app"]["environment"]
    assert set(variables) <= set(setting_names())
    fixed = {name for name, value in variables.items() if value and "${" not in value}
    assert fixed == {"JIMENG_BATCH_WORKER", "JIMENG_DATA_DIR", "JIMENG_HOST", "JIMENG_PORT"}
    assert SERVICES["app"]["volumes"] == [f"data:{variables['JIMENG_DATA_DIR']}"]
    assert SERVICES["app"]["env_file"] == SERVICES["worker"]["env_file"]


def test_nginx_reaches_the_replicas() -> None:
    """Nginx forwards to the app's port, a visitor to one replica, with what the app reads."""
    text = (ROOT / "deploy" / "nginx.conf").read_text("utf-8")
    assert "server app:7860;" in text
    assert "ip_hash;" in text
    for header in ("Host", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-For"):
        assert f"proxy_set_header {header} " in text
    [volume] = SERVICES["proxy"]["volumes"]
    assert (ROOT / volume.partition(":")[0]).is_file()


def test_the_image_runs_as_an_ordinary_user() -> None:
    """The image has a health check, its own user, and only what the wheel needs."""
    text = (ROOT / "Dockerfile").read_text("utf-8")
    assert re.search(r"^USER jimeng$", text, re.MULTILINE)
    health = re.search(r"^HEALTHCHECK .* CMD (.+)$", text.replace("\\\n", ""), re.MULTILINE)
    assert health
    compile(json.loads(health[1])[2], "HEALTHCHECK", "exec")
    assert "requirements.txt" in text
    for source in re.findall(r"^COPY (?!--)(.+) \S+$", text, re.MULTILINE):
        for name in source.split():
            assert (ROOT / name).exists()
            assert f"!{name}" in (ROOT / ".dockerignore").read_text("utf-8")
