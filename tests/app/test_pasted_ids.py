from jimeng_app.page_routes.pasted_ids import ids_in_text
from tests.each import each

ONE = "01a20c5b-861c-7ca4-8fb4-7bbe5e838d75"
TWO = "01a20c5b-85c2-7bb7-9552-bd257c97a343"
ARK = "cgt-20260101000000-abcde"


@each(
    ("text", "ids"),
    [
        (f"{ONE} {TWO}", [ONE, TWO]),
        (f"{TWO},{ONE}\n{TWO}", [TWO, ONE]),
        (f"01a20c5b-861c {ONE}", ["01a20c5b-861c", ONE]),
        (f"see {ONE}, {TWO} and tell", [ONE, TWO]),
        ("nonsense", ["nonsense"]),
        (f"看这个：{ONE} 谢谢", [ONE]),
        (f"Look at these two clips that I made: {ONE} and {ARK}, thanks", [ONE, ARK]),
        (f"https://example.com/?ids={ONE},{TWO}", [ONE, TWO]),
        (f"[INFO] 2026-11-26 sent {TWO.upper()} in 3 s", [TWO.upper()]),
        ("no id stands in this sentence at all", []),
        ("7123456789012", ["7123456789012"]),
        ("", []),
    ],
)
def test_ids_in_text(text: str, ids: list[str]) -> None:
    """Ids are found in any text; only a list of them also yields its malformed ids."""
    assert ids_in_text(text) == ids
