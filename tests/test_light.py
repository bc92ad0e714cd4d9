"""The package is light to import, quick to answer, and the default profile stays off the network."""

import subprocess
import sys
import time

HEAVY = ["torch", "transformers", "sentence_transformers", "pandas", "sklearn", "matplotlib", "datasets", "pyarrow"]


def best_of(times, command):
    def once():
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        return time.perf_counter() - start

    return min(once() for _ in range(times))


def test_import_loads_nothing_heavy(python):
    result = python(f"import sys, stslib, stslib.cli; print([m for m in {HEAVY} if m in sys.modules])")
    assert result.stdout.strip() == "[]", result.stdout + result.stderr


def test_import_takes_less_than_a_third_of_a_second():
    bare = best_of(5, [sys.executable, "-c", "pass"])
    assert best_of(5, [sys.executable, "-c", "import stslib"]) - bare < 0.3


def test_help_answers_within_a_second():
    assert best_of(3, [sys.executable, "-m", "stslib", "--help"]) < 1.0


def test_the_course_profile_opens_no_connection(python, tmp_path):
    (tmp_path / "in.csv").write_text("line1,line2\na cat sleeps,a cat is sleeping\n")
    result = python(
        """
        import sys
        import stslib
        from stslib.cli import main
        stslib.load_pairs("course", "dev")
        stslib.load_bert(), stslib.load_tokenizer()
        print(stslib.load_encoder().encode(["a sentence"]).shape)
        for arguments in (["similarity", "a", "b"], ["inspect", "a", "b"], ["doctor"],
                          ["label", "in.csv", "--out", "out.csv"], ["threshold", "course", "--out", "t.json"]):
            sys.argv = ["stslib", *arguments]
            try:
                main()
            except SystemExit as end:
                assert not end.code, (arguments, end.code)
        """,
        watched=True,
    )
    assert result.returncode == 0, result.stderr
    assert "(1, 384)" in result.stdout
    assert "NETWORK" not in result.stderr
    assert (tmp_path / "out.csv").exists()


def test_the_watch_sees_a_connection(python):
    result = python("import socket; socket.create_connection(('127.0.0.1', 9))", watched=True)
    assert "NETWORK" in result.stderr
