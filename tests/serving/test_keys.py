"""The keys of classes."""

from npal_cli.serving.keys import Keys


def test_a_class_keeps_its_key_whatever_classes_come_and_go():
    keys = Keys()
    assert keys.of(["no", "yes"]) == {"no": "1", "yes": "2"}
    assert keys.of(["maybe", "no", "yes"]) == {"no": "1", "yes": "2", "maybe": "3"}
    assert keys.of(["no", "yes"]) == {"no": "1", "yes": "2"}
    assert keys.of(["also", "maybe", "no", "yes"])["maybe"] == "3"


def test_beyond_nine_there_is_none():
    found = Keys().of([f"class {i:02d}" for i in range(12)])
    assert list(found.values()) == [*"123456789", "", "", ""]


def test_digits_are_their_own_keys_and_stay_so():
    keys = Keys()
    assert keys.of(["0", "3"]) == {"0": "0", "3": "3"}
    assert keys.of(["0", "3", "7", "10", "none"]) == {"0": "0", "3": "3", "7": "7", "10": "", "none": ""}
