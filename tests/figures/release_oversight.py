"""What the actions of release_oversight must answer, computed by pandas from the definitions.

    python release_oversight.py FOLDER < calls.json

FOLDER holds releases.csv and release_changes.csv. Reads a JSON list of calls, each
{"action": name, "input": {...}} with all of its inputs, and prints the list of answers without their
notes, cursors and explanations.
"""

import json
import math
import re
import sys
from fractions import Fraction
from pathlib import Path

import pandas as pd

TYPES = "build|chore|ci|docs|feat|fix|perf|refactor|revert|style|test"
DAY = pd.Timedelta(days=1)


def read(folder):
    """The two tables; `place` numbers the releases by time, and each change knows its release's."""
    releases = pd.read_csv(folder / "releases.csv", dtype={"version": str, "previous_version": str})
    releases["released_at"] = pd.to_datetime(releases["released_at"], utc=True)
    releases = releases.sort_values(["released_at", "version"]).reset_index(drop=True)
    releases["place"] = releases.index
    changes = pd.read_csv(folder / "release_changes.csv", dtype={"version": str, "author": str})
    changes["committed_at"] = pd.to_datetime(changes["committed_at"], utc=True)
    changes["lines"] = changes["lines_added"] + changes["lines_removed"]
    changes = changes.merge(releases[["version", "place", "released_at"]], on="version")
    changes["lead"] = seconds(changes["released_at"] - changes["committed_at"])
    return releases, with_reverts(changes)


def with_reverts(changes):
    """Adds to each revert where the change that it takes back was shipped, and the other way round."""
    shipped_in = {}
    taken_back_in = {}
    for index, revert in changes[changes["reverts"].notna()].iterrows():
        same = changes["title"] == revert["reverts"]
        number = re.search(r" \(#(\d+)\)$", revert["reverts"])
        if number:
            same |= changes["pull_request"] == int(number[1])
        earlier = changes["place"] < revert["place"]
        beside = (changes["place"] == revert["place"]) & (
            changes["committed_at"] <= revert["committed_at"]
        )
        found = changes[same & (earlier | beside) & (changes.index != index)]
        if len(found):
            meant = found.sort_values(["place", "committed_at", "change_id"]).index[-1]
            shipped_in[index] = changes["place"][meant]
            taken_back_in[meant] = min(taken_back_in.get(meant, math.inf), revert["place"])
    changes["reverts_place"] = pd.Series(shipped_in, dtype=float)
    changes["reverted_place"] = pd.Series(taken_back_in, dtype=float)
    return changes


def seconds(difference):
    return difference.dt.total_seconds()


def plain(value):
    """A value as JSON has it."""
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.item() if hasattr(value, "item") else value


def summary(releases, changes, release):
    own = changes[changes["place"] == release["place"]]
    return {
        "version": release["version"],
        "released_at": plain(release["released_at"]),
        "previous_version": plain(release["previous_version"]),
        "kind": release["kind"],
        "changes": len(own),
        "lines_added": plain(own["lines_added"].sum()),
        "lines_removed": plain(own["lines_removed"].sum()),
        "recorded": False,
    }


def shown(releases, change):
    def version(place):
        return None if pd.isna(place) else releases["version"][int(place)]

    return {
        "version": change["version"],
        "change_id": change["change_id"],
        "committed_at": plain(change["committed_at"]),
        "author": plain(change["author"]),
        "title": change["title"],
        "pull_request": None if pd.isna(change["pull_request"]) else int(change["pull_request"]),
        "files_changed": change["files_changed"],
        "lines_added": change["lines_added"],
        "lines_removed": change["lines_removed"],
        "reverts": plain(change["reverts"]),
        "reverts_change_of": version(change["reverts_place"]),
        "reverted_in": version(change["reverted_place"]),
    }


def of_version(releases, version):
    return releases[releases["version"] == version].iloc[0]


def list_releases(releases, changes, call):
    found = releases.sort_values("place", ascending=False)
    if call.get("kind"):
        found = found[found["kind"] == call["kind"]]
    if call.get("from"):
        found = found[found["released_at"] >= pd.Timestamp(call["from"], tz="UTC")]
    if call.get("to"):
        found = found[found["released_at"] < pd.Timestamp(call["to"], tz="UTC")]
    if call.get("text"):
        text = call["text"].lower()
        titled = changes[changes["title"].str.lower().str.contains(text, regex=False)]
        found = found[
            found["version"].str.lower().str.contains(text, regex=False)
            | found["place"].isin(titled["place"])
        ]
    if call.get("recorded"):
        found = found.head(0)
    page = found.head(call.get("limit", 50))
    return {"releases": [summary(releases, changes, release) for _, release in page.iterrows()]}


def show_release(releases, changes, call):
    release = of_version(releases, call["version"])
    own = changes[changes["place"] == release["place"]]
    own = own.sort_values(["committed_at", "change_id"], ascending=[False, True])
    page = own.head(call.get("limit", 50))
    return {
        "release": summary(releases, changes, release),
        "commit": None,
        "authors": own["author"].nunique(),
        "reverts": plain(own["reverts"].notna().sum()),
        "reverted_changes": plain(own["reverted_place"].notna().sum()),
        "lead_time_median_seconds": plain(own["lead"][own["lead"] >= 0].median()),
        "open_gates": 0,
        "gates": [],
        "changes": [shown(releases, change) for _, change in page.iterrows()],
    }


def compare_releases(releases, changes, call):
    first = of_version(releases, call["from_version"])
    last = of_version(releases, call["to_version"])
    between = releases[(releases["place"] > first["place"]) & (releases["place"] <= last["place"])]
    own = changes[changes["place"].isin(between["place"])]
    before = changes[changes["place"] <= first["place"]]
    marked = own["title"].str.extract(rf"^(?i:({TYPES}))(?:\([^()]*\))?(!?): ")
    types = pd.DataFrame({
        "type": marked[0].str.lower().fillna("untyped"),
        "breaking": marked[1] == "!",
    })
    types = types.groupby("type")["breaking"].agg(["size", "sum"]).reset_index()
    types = types.sort_values(["size", "type"], ascending=[False, True])
    sizes = pd.cut(own["lines"], [-1, 10, 100, 1000, math.inf]).value_counts(sort=False)
    bounds = [(0, 10), (11, 100), (101, 1000), (1001, None)]
    reverting = own[own["reverts"].notna()].sort_values(
        ["place", "committed_at", "change_id"], ascending=[False, False, True]
    )
    largest = own.sort_values(["lines", "change_id"], ascending=[False, True])
    return {
        "from": summary(releases, changes, first),
        "to": summary(releases, changes, last),
        "seconds_between": (last["released_at"] - first["released_at"]).total_seconds(),
        "versions": between["version"].tolist(),
        "changes": len(own),
        "lines_added": plain(own["lines_added"].sum()),
        "lines_removed": plain(own["lines_removed"].sum()),
        "median_change_lines": plain(own["lines"].median()),
        "authors": own["author"].nunique(),
        "new_authors": len(set(own["author"].dropna()) - set(before["author"].dropna())),
        "changes_by_type": [
            {"type": row["type"], "changes": row["size"], "breaking": row["sum"]}
            for _, row in types.iterrows()
        ],
        "changes_by_size": [
            {"lines_from": lowest, "lines_to": highest, "changes": int(count)}
            for (lowest, highest), count in zip(bounds, sizes)
        ],
        "largest_changes": [shown(releases, change) for _, change in largest.head(20).iterrows()],
        "reverts": len(reverting),
        "reverting_changes": [
            shown(releases, change) for _, change in reverting.head(20).iterrows()
        ],
    }


def with_failures(releases, changes, hotfix_hours):
    """Adds to each release the time of the first revert and of the hotfix that put it right."""
    late = changes[changes["reverts_place"] < changes["place"]]
    reverted = late.groupby("reverts_place")["released_at"].min()
    next_at = releases["released_at"].shift(-1)
    soon = next_at - releases["released_at"] <= pd.Timedelta(hours=hotfix_hours)
    hotfixed = next_at.where(soon & (releases["kind"].shift(-1) == "patch") & (hotfix_hours > 0))
    releases = releases.assign(reverted_at=releases["place"].map(reverted), hotfixed_at=hotfixed)
    return releases.assign(restored_at=releases[["reverted_at", "hotfixed_at"]].min(axis=1))


def figures(releases, changes, start, end):
    own = releases[(releases["released_at"] >= start) & (releases["released_at"] < end)]
    shipped = changes[changes["place"].isin(own["place"])]
    lead = shipped["lead"][shipped["lead"] >= 0]
    failed = own[own["restored_at"].notna()]
    restore = seconds(failed["restored_at"] - failed["released_at"])
    return {
        "releases": len(own),
        "releases_per_week": len(own) / ((end - start) / DAY) * 7,
        "changes": len(shipped),
        "changes_with_lead_time": len(lead),
        "changes_committed_after_release": int((shipped["lead"] < 0).sum()),
        "lead_time_median_seconds": plain(lead.median()),
        "lead_time_p90_seconds": plain(lead.quantile(0.9)),
        "failed_releases": len(failed),
        "failed_by_revert": int(own["reverted_at"].notna().sum()),
        "failed_by_hotfix": int(own["hotfixed_at"].notna().sum()),
        "change_failure_rate": len(failed) / len(own) if len(own) else None,
        "time_to_restore_median_seconds": plain(restore.median()),
        "time_to_restore_p90_seconds": plain(restore.quantile(0.9)),
        "failed_versions": failed["version"].tolist(),
    }


def delivery_metrics(releases, changes, call):
    releases = with_failures(releases, changes, call.get("hotfix_hours", 12))
    days = releases["released_at"].dt.floor("D")
    start = pd.Timestamp(call["from"], tz="UTC") if call.get("from") else days.min()
    end = pd.Timestamp(call["to"], tz="UTC") if call.get("to") else days.max() + DAY
    period = call.get("period", "month")
    code = {"day": "D", "week": "W-SUN", "month": "M", "quarter": "Q"}[period]
    first, last = start.tz_localize(None), (end - DAY).tz_localize(None)
    periods = []
    for stretch in pd.period_range(first, last, freq=code):
        opening = max(stretch.start_time.tz_localize("UTC"), start)
        closing = min((stretch + 1).start_time.tz_localize("UTC"), end)
        periods.append({
            "from": str(opening.date()),
            "to": str(closing.date()),
            "figures": figures(releases, changes, opening, closing),
        })
    return {
        "period": period,
        "from": str(start.date()),
        "to": str(end.date()),
        "total": figures(releases, changes, start, end),
        "periods": periods,
    }


def rank(value, earlier):
    if not len(earlier):
        return Fraction(0)
    return Fraction(int((earlier < value).sum() * 2 + (earlier == value).sum()), 2 * len(earlier))


def capped(part, whole):
    return min(Fraction(int(part), int(whole)), Fraction(1)) if whole else Fraction(0)


def risk(releases, changes, own, at):
    """The assessment of changes that are released at a time, after those releases."""
    past = changes[changes["place"].isin(releases["place"])].groupby("place")
    past = past.agg(lines=("lines", "sum"), batch=("lines", "size"), authors=("author", "nunique"))
    past = past.reindex(releases["place"], fill_value=0)
    known = set(changes["author"][changes["place"].isin(releases["place"])])
    new = int((~own["author"].isin(known)).sum())
    young = int((own["committed_at"] > at - DAY).sum())
    gaps = releases["released_at"].diff().dropna()
    gap = at - releases["released_at"].iloc[-1] if len(releases) else None
    missing = DAY - min(gap, DAY) if gap is not None else pd.Timedelta(0)
    large = int((own["lines"] > 1000).sum())
    reverts = int(own["reverts"].notna().sum())
    weekend = at.weekday() >= 5
    halves = 2 if weekend else int(at.hour >= 22 or at.hour < 6)
    found = [
        ("size", 20, own["lines"].sum(), rank(own["lines"].sum(), past["lines"])),
        ("batch", 10, len(own), rank(len(own), past["batch"])),
        ("large_changes", 10, large, capped(large, 4)),
        ("authors", 10, own["author"].nunique(), rank(own["author"].nunique(), past["authors"])),
        ("new_authors", 10, new / len(own), capped(4 * new, len(own))),
        ("reverts", 10, reverts, capped(reverts, 3)),
        ("unsettled", 10, young / len(own), capped(young, len(own))),
        ("waiting", 10, gap.total_seconds() if gap is not None else 0,
         rank(gap, gaps) if gap is not None else Fraction(0)),
        ("hurry", 5, missing.total_seconds(), Fraction(missing // pd.Timedelta(seconds=1), 86400)),
        ("odd_hour", 5, halves, Fraction(halves, 2)),
    ]
    factors = [
        {
            "name": name,
            "value": float(value),
            "level": float(level),
            "weight": weight,
            "points": math.floor(weight * level + Fraction(1, 2)),
        }
        for name, weight, value, level in found
    ]
    score = sum(factor["points"] for factor in factors)
    return {
        "score": score,
        "level": "low" if score < 35 else "moderate" if score < 60 else "high",
        "factors": factors,
        "compared_with": len(releases),
    }


def release_risk(releases, changes, call):
    release = of_version(releases, call["version"])
    own = changes[changes["place"] == release["place"]]
    earlier = releases[releases["place"] < release["place"]]
    return {
        "release": summary(releases, changes, release),
        "risk": risk(earlier, changes, own, release["released_at"]),
    }


def candidate_risk(releases, changes, call):
    at = pd.Timestamp(call["planned_at"])
    own = pd.DataFrame(call["changes"], columns=[
        "change_id", "committed_at", "author", "lines_added", "lines_removed", "reverts",
    ])
    own["committed_at"] = pd.to_datetime(own["committed_at"], utc=True)
    own["lines"] = own["lines_added"].fillna(0) + own["lines_removed"].fillna(0)
    earlier = releases[releases["released_at"] < at]
    return {"planned_at": plain(at), "risk": risk(earlier, changes, own, at)}


ACTIONS = {
    action.__name__: action
    for action in [
        list_releases, show_release, compare_releases, delivery_metrics, release_risk,
        candidate_risk,
    ]
}


def main():
    releases, changes = read(Path(sys.argv[1]))
    answers = [
        ACTIONS[call["action"]](releases, changes, call["input"]) for call in json.load(sys.stdin)
    ]
    json.dump(answers, sys.stdout, allow_nan=False, default=plain)


if __name__ == "__main__":
    main()
