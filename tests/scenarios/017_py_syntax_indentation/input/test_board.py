from board import Board


def test_flow():
    board = Board()
    first = board.file("paint")
    board.file("sand")
    first.advance()
    assert board.count("active") == 1
    assert board.count("open") == 1
    assert first.history == ["open", "active"]
