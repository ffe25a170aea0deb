from settings import load


def test_defaults():
    assert load()["port"] == 8080


def test_file_wins_over_default(tmp_path):
    f = tmp_path / "app.json"
    f.write_text('{"port": 9000}')
    assert load(f)["port"] == 9000


def test_override_wins_over_file(tmp_path):
    f = tmp_path / "app.json"
    f.write_text('{"port": 9000}')
    assert load(f, port=1)["port"] == 1
