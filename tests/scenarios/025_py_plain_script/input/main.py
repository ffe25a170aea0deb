from pathlib import Path

from frequency import count, top


def main():
    text = Path(__file__).with_name("words.txt").read_text()
    best = top(count(text), 2)
    for word, times in best:
        print(f"{times:3} {word}")
    assert best[0] == ("the", 3), best


if __name__ == "__main__":
    main()
