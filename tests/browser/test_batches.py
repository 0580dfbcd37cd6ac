"""The tab of batches: a table is dropped, checked, and becomes films."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.app.app_process import pictures
from tests.browser.conftest import OpenPage
from tests.browser.steps import go

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_a_dropped_table_becomes_films(used_page: OpenPage, tmp_path: Path) -> None:
    """Bad cells are named before anything is sent; the good rows end, with films to play."""
    page = used_page()
    go(page, "batches")
    expect(page.locator("#batches-shown")).to_contain_text("no batch yet")
    [picture] = pictures(tmp_path, "teal")
    table = tmp_path / "clips.csv"
    rows = [
        "waves,4,480p,seedance-2.5,",
        f"a cat,4,480p,seedance-2.5,{picture.name}",
        "a dog,99,,,",
    ]
    heading = "prompt,duration,resolution,model,first_frame"
    table.write_text("\n".join([heading, *rows, "#fail:content_refused,4,,,"]), "utf-8")
    page.locator("#batches-files input[type=file]").set_input_files([table, picture])

    expect(page.locator("#batches-checked [data-row]")).to_have_count(1)
    expect(page.locator("#batches-checked [data-row='3']")).to_contain_text("duration")
    expect(page.locator("#batches-checked")).to_contain_text("3 rows can be submitted")
    page.locator("#batches-start").click()

    batch = page.locator("#batches-shown .batch")
    expect(batch.locator("[data-stage=completed]")).to_contain_text("2")
    expect(batch.locator("[data-code=content_refused]")).to_contain_text("1 ×")
    expect(batch.locator("video")).to_have_count(2)
    source = batch.locator("video").first.get_attribute("src") or ""
    film = page.request.get(source, headers={"x-forwarded-for": "someone else"})
    assert film.status == 404
    expect(page.locator("#batches-retry")).to_be_visible()
    expect(page.locator("#batches-plot")).to_be_visible()
    with page.expect_download() as download:
        batch.locator("a[href$='results.zip']").click()
    assert download.value.suggested_filename.endswith(".zip")
