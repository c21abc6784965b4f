from domain.access.approval_links import KeyRing
from domain.request.mail_references import in_brackets, next_reference, references_in

RING = KeyRing({"k1": b"a" * 32})


def test_each_mail_has_its_own_and_a_repeat_the_same() -> None:
    first = next_reference(RING, "r-1", "lead@msp.example", "")
    assert first == next_reference(RING, "r-1", "lead@msp.example", "")
    others = {
        next_reference(RING, "r-1", "lead@msp.example", first),
        next_reference(RING, "r-2", "lead@msp.example", ""),
        next_reference(RING, "r-1", "second@msp.example", ""),
        next_reference(KeyRing({"k1": b"b" * 32}), "r-1", "lead@msp.example", ""),
    }
    assert len(others | {first}) == 5


def test_they_are_found_in_any_text() -> None:
    one, two = (next_reference(RING, f"r-{number}", "a@b.example", "") for number in (1, 2))
    text = (
        f"Unzustellbar: Approve ... (INC1) {in_brackets(one)}\nSubject: [EXTERNAL] x{in_brackets(two)}y {one}x [SHORT]"
    )
    assert references_in(text) == {one, two}
    assert references_in(f"{one} ({two}) [{one}A] [{one.lower()}]") == frozenset()
