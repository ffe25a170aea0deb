from playlist import Playlist, Track


def test_given_tracks_are_used():
    tracks = [Track("a", 5)]
    assert Playlist("x", tracks).length() == 5


def test_fresh_each_time():
    Playlist("x").add("a", 1)
    assert Playlist("y").tracks == []
