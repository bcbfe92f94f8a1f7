"""What the actions over audit_risk must answer, computed by pandas from the definitions.

    python audit.py audit_risk.csv < calls.json

Reads a JSON list of calls, each {"action": name, "input": {...}}, and prints the list of answers
without notes, texts that explain, and cursors. Lists are not paged.
"""

import hashlib
import json
import sys
from fractions import Fraction

import numpy as np
import pandas as pd
from scipy import stats

COLUMNS = [
    "sector_score", "location_id", "para_a", "score_a", "risk_a", "para_b", "score_b", "risk_b",
    "total", "numbers", "score_b1", "risk_c", "money_value", "score_mv", "risk_d",
    "district_loss", "prob", "risk_e", "history", "prob_2", "risk_f", "score", "inherent_risk",
    "control_risk", "detection_risk", "audit_risk", "risk",
]
NAMED = ["location_id", "risk"]
MEASURES = [column for column in COLUMNS if column not in NAMED]


def plain(number):
    return np.format_float_positional(number, trim="-")


def read(path):
    table = pd.read_csv(path, header=0, names=COLUMNS, dtype={name: str for name in NAMED})
    texts = table.copy()
    for column in MEASURES:
        texts[column] = table[column].map(lambda cell: "" if pd.isna(cell) else plain(cell))
    texts = texts.fillna("").agg(",".join, axis="columns")
    digests = texts.map(lambda text: hashlib.sha256(text.encode()).hexdigest()[:12])
    nth = digests.groupby(digests).cumcount() + 1
    table["firm_id"] = [
        f"firm-{digest}" + (f"-{count}" if count > 1 else "") for digest, count in zip(digests, nth)
    ]
    table["copies"] = texts.groupby(texts).transform("size")
    table["sector"] = table["sector_score"].map(plain)
    return table.sort_values("firm_id", ignore_index=True)


def chosen(table, call):
    if "sector_score" in call:
        table = table[table["sector_score"] == call["sector_score"]]
    if "class" in call:
        table = table[table["risk"] == call["class"]]
    if "location_id" in call:
        table = table[table["location_id"] == call["location_id"]]
    return table


def shown(row):
    return {
        "firm_id": row["firm_id"],
        "sector_score": row["sector_score"],
        "location_id": row["location_id"],
        "class": row["risk"],
        "audit_risk": row["audit_risk"],
    }


def firms_by_risk(table, call):
    by = call.get("by", "audit_risk")
    table = chosen(table, call).dropna(subset=[by])
    table = table.assign(rank=table[by].rank(method="min", ascending=False).astype(int))
    table = table.sort_values([by, "firm_id"], ascending=[False, True])
    return {
        "firms": [
            {"rank": row["rank"], "value": row[by], "firm": shown(row)} for _, row in table.iterrows()
        ],
        "total": len(table),
    }


GROUPS = {"sector": "sector", "class": "risk", "location": "location_id"}


def in_order(names):
    return sorted(names, key=lambda name: (not name[0].isdigit(), float(name) if name[0].isdigit() else 0, name))


def risk_distribution(table, call):
    of = call.get("of", "audit_risk")
    table = chosen(table, call).dropna(subset=[of])
    bins = call.get("bins", 10)
    if call.get("binning") == "logarithmic":
        positive = table.loc[table[of] > 0, of]
        edges = np.geomspace(positive.min(), positive.max(), bins + 1)
    else:
        edges = np.linspace(table[of].min(), table[of].max(), bins + 1)
    by = call.get("group_by", "none")
    groups = {"all": table} if by == "none" else dict(list(table.groupby(GROUPS[by])))
    answer = []
    for name in groups if by == "none" else in_order(groups):
        values = groups[name][of]
        shares = call.get("quantiles", [0.05, 0.25, 0.5, 0.75, 0.95])
        answer.append({
            "group": name,
            "firms": len(values),
            "mean": values.mean(),
            "standard_deviation": values.std() if len(values) > 1 else None,
            "minimum": values.min(),
            "maximum": values.max(),
            "quantiles": [{"share": share, "value": values.quantile(share)} for share in shares],
            "histogram": np.histogram(values, edges)[0].tolist(),
        })
    return {"of": of, "edges": edges.tolist(), "groups": answer}


def firm_profile(table, call):
    firm = table[table["firm_id"] == call["firm_id"]].iloc[0]
    sector = table[table["sector_score"] == firm["sector_score"]]
    factors = []
    for measure in MEASURES[1:]:
        values = sector[measure]
        if pd.isna(firm[measure]):
            continue
        spread = values.std()
        varies = values.nunique() > 1
        factors.append({
            "measure": measure,
            "value": firm[measure],
            "sector_median": values.median(),
            "sector_mean": values.mean(),
            "percentile_rank": 100 * values.rank(pct=True)[firm.name],
            "z_score": (firm[measure] - values.mean()) / spread if varies else None,
        })
    return {
        "firm": shown(firm),
        "sector_firms": len(sector),
        "sector_rank": int((sector["audit_risk"] > firm["audit_risk"]).sum()) + 1,
        "rank": int((table["audit_risk"] > firm["audit_risk"]).sum()) + 1,
        "firms": len(table),
        "copies": firm["copies"],
        "factors": factors,
    }


def ticket(seed, name):
    return hashlib.sha256(f"{seed}:{name}".encode()).hexdigest()


def item(row, **more):
    empty = {"ticket": None, "stratum": None, "value": None, "hits": None, "certainty": None}
    return {"firm": shown(row), **empty, **more}


def lowest(table, seed, size, stratum=None):
    tickets = table["firm_id"].map(lambda firm_id: ticket(seed, firm_id)).sort_values()
    return [
        item(table.loc[index], ticket=tickets[index], stratum=stratum) for index in tickets.index[:size]
    ]


def allocate(sizes, size, allocation):
    """Largest remainders, by fractions; an equal share that does not fit is shared out again."""
    shares = {name: 0 for name in sizes}
    if allocation == "proportional":
        total = sum(sizes.values())
        exact = {name: Fraction(count * size, total) for name, count in sizes.items()}
        shares = {name: int(share) for name, share in exact.items()}
        order = sorted(sizes, key=lambda name: (shares[name] - exact[name], list(sizes).index(name)))
        for name in order[: size - sum(shares.values())]:
            shares[name] += 1
        return shares
    while sum(shares.values()) < size:
        unfilled = [name for name in sizes if shares[name] < sizes[name]]
        each, over = divmod(size - sum(shares.values()), len(unfilled))
        for place, name in enumerate(unfilled):
            shares[name] = min(sizes[name], shares[name] + each + (1 if place < over else 0))
    return shares


def monetary_units(table, call):
    column, size, seed = call["value"], call["size"], call["seed"]
    table = table[table[column] > 0].sort_values("firm_id")
    amounts = [int(f"{value:.6f}".replace(".", "")) for value in table[column]]
    total = sum(amounts)
    start = Fraction(int(ticket(seed, "start")[:13], 16), 2**52) * Fraction(total, size)
    points = [int(start + k * Fraction(total, size)) for k in range(size)]
    items, certain, end = [], 0, 0
    for amount, (_, row) in zip(amounts, table.iterrows()):
        begin, end = end, end + amount
        hits = sum(begin <= point < end for point in points)
        certainty = amount * size >= total
        certain += certainty
        if hits:
            items.append(item(row, value=row[column], hits=hits, certainty=certainty))
    figures = {
        "value": column,
        "firms": len(table),
        "total_value": total / 10**6,
        "interval": total / size / 10**6,
        "random_start": float(start / 10**6),
        "certainty_items": certain,
    }
    return items, figures


def audit_sample(table, call):
    table = chosen(table, call)
    seed, size, method = call["seed"], call["size"], call["method"]
    listed = "".join(f"{firm_id}\n" for firm_id in sorted(table["firm_id"]))
    strata, figures = [], None
    if method == "random":
        items = lowest(table, seed, size)
    elif method == "stratified":
        by = GROUPS[call.get("stratify_by", "sector")]
        groups = dict(list(table.groupby(by)))
        sizes = {name: len(groups[name]) for name in in_order(groups)}
        shares = allocate(sizes, size, call.get("allocation", "proportional"))
        items = [drawn for name in sizes for drawn in lowest(groups[name], seed, shares[name], name)]
        strata = [
            {"stratum": name, "firms": sizes[name], "drawn": shares[name]} for name in sizes
        ]
    else:
        items, figures = monetary_units(table, call)
    return {
        "method": method,
        "size": size,
        "seed": seed,
        "population": {
            "firms": len(table),
            "digest": hashlib.sha256(listed.encode()).hexdigest(),
        },
        "strata": strata,
        "monetary_unit": figures,
        "drawn": len(items),
        "items": items,
    }


def benford_test(table, call):
    column = call["column"]
    values = chosen(table, call)[column]
    tested = values[values > 0]
    first = tested.map(lambda value: int(plain(value).replace(".", "").lstrip("0")[0]))
    expected = np.log10(1 + 1 / np.arange(1, 10))
    observed = first.value_counts().reindex(range(1, 10), fill_value=0).to_numpy()
    count = len(tested)
    distance = np.abs(observed / count - expected)
    correction = np.where(1 / (2 * count) < distance, 1 / (2 * count), 0)
    z_scores = (distance - correction) / np.sqrt(expected * (1 - expected) / count)
    chi_square, p_value = stats.chisquare(observed, expected * count)
    deviation = distance.mean()
    band = np.searchsorted([0.006, 0.012, 0.015], deviation)
    return {
        "column": column,
        "tested": count,
        "left_out": {
            "missing": int(values.isna().sum()),
            "zero": int((values == 0).sum()),
            "negative": int((values < 0).sum()),
        },
        "digits": [
            {
                "digit": digit,
                "observed": int(observed[digit - 1]),
                "observed_share": observed[digit - 1] / count,
                "expected_share": expected[digit - 1],
                "expected": expected[digit - 1] * count,
                "z_score": z_scores[digit - 1],
            }
            for digit in range(1, 10)
        ],
        "chi_square": chi_square,
        "degrees_of_freedom": 8,
        "p_value": p_value,
        "mean_absolute_deviation": deviation,
        "conformity": ["close", "acceptable", "marginally_acceptable", "nonconformity"][band],
    }


ACTIONS = [firms_by_risk, risk_distribution, firm_profile, audit_sample, benford_test]


def encode(value):
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(type(value))


def main():
    table = read(sys.argv[1])
    actions = {action.__name__: action for action in ACTIONS}
    answers = [actions[call["action"]](table, call["input"]) for call in json.load(sys.stdin)]
    json.dump(answers, sys.stdout, default=encode)


main()
