"""Arguments become an order, a lake is a folder or a bucket, and the command ends with a reason."""

import json
import pickle
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
import small_lake
from moto import mock_aws
from small_lake import FIRST, order, week

from pipelines.training_set import Folder, LakeError, build, days
from pipelines.training_set.__main__ import main
from pipelines.training_set.arguments import NAMES, parse, parser
from pipelines.training_set.bucket import Bucket

GIVEN = ("--usecase", "fraud", "--set", "s")


def given(lake: Path, *more: str) -> list[str]:
    return [*GIVEN, "--lake", str(lake), *more]


def test_arguments_say_which_days_and_what_was_known_when(tmp_path: Path) -> None:
    store, it = parse(given(tmp_path, "--since", "2018-04-01", "--until", "2018-05-01", "--parts", "2"))
    assert isinstance(store, Folder)
    assert (it.usecase.name, it.name, it.since, it.until) == ("fraud", "s", FIRST, FIRST + 30)
    assert (it.labels_until, it.parts, it.late_days) == ((FIRST + 30) * 86_400, 2, 7)


def test_days_may_be_counted_back_from_today(tmp_path: Path) -> None:
    _, it = parse(given(tmp_path, "--days", "10"))
    assert (it.until, it.until - it.since) == (days.today(), 10)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("2018-04-03", (FIRST + 2) * 86_400), ("2018-04-03T12:00:00+01:00", (FIRST + 2) * 86_400 + 39_600)],
)
def test_the_labels_cut_off_is_a_day_or_a_moment(tmp_path: Path, text: str, seconds: int) -> None:
    assert parse(given(tmp_path, "--labels_until", text))[1].labels_until == seconds


def test_glues_own_arguments_are_left_alone(tmp_path: Path) -> None:
    _, it = parse(given(tmp_path, "--job-bookmark-option", "job-bookmark-disable", "--JOB_NAME", "j"))
    assert it.name == "s"


def test_every_argument_has_its_name_in_the_list() -> None:
    named = parser().parse_args([*GIVEN, "--lake", "x"])
    assert set(vars(named)) == set(NAMES)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (("--until", "soon"), "until: 'soon' is no day"),
        (("--since", "2018-04-02", "--until", "2018-04-02"), "until: 2018-04-02 is not after since"),
        (("--labels_until", "2018-04-02T12:00:00"), "labels_until: has no offset"),
        (("--set", "a/b"), "set: 'a/b' is not a name"),
        (("--parts", "0"), "parts is below 1"),
        (("--lake", "/no/such/folder"), "lake: there is no folder"),
    ],
)
def test_a_wrong_argument_is_named_with_its_remedy(tmp_path: Path, wrong: tuple[str, ...], named: str) -> None:
    with pytest.raises(LakeError, match=named):
        parse([*given(tmp_path), *wrong])


def test_the_command_prints_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(given(tmp_path, "--since", "2018-04-01", "--until", "2018-04-03")) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["computed"] == {"2018-04-01": ["it is new"], "2018-04-02": ["it is new"]}
    assert (tmp_path / "training/s/manifest.json").exists()


def test_the_command_ends_with_a_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(given(tmp_path, "--until", "soon")) == 1
    assert capsys.readouterr().err.startswith("LakeError: until: 'soon' is no day")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        place = {"LocationConstraint": "eu-west-1"}
        boto3.client("s3").create_bucket(Bucket="lake", CreateBucketConfiguration=place)
        yield Bucket("lake")


def test_a_bucket_gives_what_a_folder_gives(tmp_path: Path, bucket: Bucket) -> None:
    small_lake.put(tmp_path, week())
    folder = Folder(tmp_path)
    for it in list(folder.objects("")):
        with folder.open(it.key) as stream:
            bucket.write(it.key, stream.read())
    expected, found = build(folder, order()).manifest, build(bucket, order())
    assert [it["files"] for it in found.manifest["dates"]] == [it["files"] for it in expected["dates"]]
    assert build(bucket, order()).computed == {}
    removed = build(bucket, order(since=FIRST + 1)).removed
    assert sorted(it.rpartition("/")[2] for it in removed) == ["part-0.json", "part-0.parquet"]
    assert not list(bucket.objects("training/set/dt=2018-04-01/"))


def test_a_bucket_travels_to_workers_without_its_client(bucket: Bucket) -> None:
    bucket.write("a", b"1")
    assert pickle.loads(pickle.dumps(bucket)).open("a").read() == b"1"  # noqa: S301  # our own bytes


@pytest.mark.parametrize(
    ("act", "named"),
    [
        (lambda it: it.open("none"), "cannot read s3://lake/none"),
        (lambda _: list(Bucket("nobodys").objects("events/")), "cannot list s3://nobodys/events/"),
        (lambda _: Bucket("nobodys").write("a", b""), "cannot write s3://nobodys/a"),
        (lambda _: Bucket("nobodys").delete("a"), "cannot remove s3://nobodys/a"),
    ],
)
def test_what_s3_refuses_names_the_object(bucket: Bucket, act: object, named: str) -> None:
    with pytest.raises(LakeError, match=named):
        act(bucket)  # type: ignore[operator]  # a function


def test_an_s3_place_is_a_bucket() -> None:
    store, _ = parse([*GIVEN, "--lake", "s3://some-lake/"])
    assert isinstance(store, Bucket)
    assert store.name == "some-lake"
