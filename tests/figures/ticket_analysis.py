"""What the actions of ticket_analysis must answer, computed by pandas from the definitions.

    python ticket_analysis.py incident_event_log.csv < calls.json

Reads a JSON list of calls, each {"action": name, "input": {...}} with all of its inputs, and prints
the list of answers without their notes.
"""

import json
import math
import sys

import numpy as np
import pandas as pd

TIMES = ["opened_at", "sys_updated_at", "resolved_at", "closed_at"]
COUNTS = ["sys_mod_count", "reassignment_count", "reopen_count"]
FLAGS = ["active", "made_sla"]
NAMES = {
    "incident_state": "state",
    "assignment_group": "group",
    "u_symptom": "symptom",
    "caller_id": "caller",
    "cmdb_ci": "configuration_item",
    "problem_id": "problem",
    "rfc": "change_request",
    "u_priority_confirmation": "priority_confirmation",
    "sys_updated_by": "updated_by",
}
CHANGING = [
    "state", "priority", "impact", "urgency", "group", "assigned_to", "category", "subcategory",
    "symptom", "location", "contact_type", "caller", "opened_by", "configuration_item", "problem",
    "change_request", "caused_by", "vendor", "knowledge", "priority_confirmation", "notify",
    "closed_code", "resolved_by", "active", "made_sla", "reassignment_count", "reopen_count",
]
SEARCHED = [
    "number", "state", "priority", "category", "subcategory", "symptom", "group", "assigned_to",
    "location", "contact_type", "caller", "configuration_item", "problem", "change_request",
    "closed_code",
]
ALIKE = [
    "category", "subcategory", "symptom", "group", "location", "contact_type", "priority", "caller",
    "configuration_item", "problem", "change_request",
]
MISSING = "\uffff"


def read(path):
    """The events in order, and the tickets as their last events have them."""
    events = pd.read_csv(path, dtype=str, na_values=["?"], keep_default_na=False)
    for column in TIMES:
        events[column] = pd.to_datetime(events[column], format="%d-%m-%Y %H:%M")
    for column in COUNTS:
        events[column] = events[column].astype("Int64")
    for column in FLAGS + ["knowledge", "u_priority_confirmation"]:
        events[column] = events[column].map({"TRUE": True, "FALSE": False})
    events = events.rename(columns=NAMES).drop_duplicates()
    events = events.sort_values(["number", "sys_updated_at", "sys_mod_count"], kind="stable")
    events = events.reset_index(drop=True)
    tickets = events.drop_duplicates("number", keep="last").set_index("number", drop=False)
    tickets.index.name = None
    return events, tickets


def plain(value):
    """A value as JSON has it."""
    if value is None or value is pd.NaT or (not isinstance(value, (list, dict)) and pd.isna(value)):
        return None
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value)
    return value


def seconds(difference):
    return difference.dt.total_seconds()


def within(tickets, column, call):
    chosen = tickets[tickets[column].notna()]
    if call.get("from"):
        chosen = chosen[chosen[column] >= pd.Timestamp(call["from"])]
    if call.get("to"):
        chosen = chosen[chosen[column] < pd.Timestamp(call["to"])]
    return chosen


def counted(values):
    """How often each value occurs, most frequent first, then by value, missing ones last."""
    counts = values.fillna(MISSING).value_counts()
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [{"value": None if v == MISSING else v, "tickets": int(n)} for v, n in ordered]


def search_tickets(events, tickets, call):
    found = within(tickets, "opened_at", call)
    for column in ["state", "priority", "group", "category"]:
        if call.get(column) is not None:
            found = found[found[column].str.lower() == call[column].lower()]
    if call.get("active") is not None:
        found = found[found["active"] == call["active"]]
    if call.get("text") is not None:
        hits = [
            found[column].astype("string").str.lower().str.contains(call["text"].lower(), regex=False)
            for column in SEARCHED
        ]
        found = found[pd.concat(hits, axis=1).fillna(False).any(axis=1)]
    found = found.sort_values(["opened_at", "number"], ascending=[False, True])
    shown = [
        "number", "state", "active", "priority", "impact", "urgency", "category", "subcategory",
        "symptom", "group", "assigned_to", "location", "contact_type", "opened_at", "resolved_at",
        "closed_at", "made_sla", "reassignment_count", "reopen_count", "closed_code",
    ]
    sizes = events.groupby("number").size()
    answers = []
    for _, ticket in found.iterrows():
        answer = {column: plain(ticket[column]) for column in shown}
        answer["updated_at"] = plain(ticket["sys_updated_at"])
        answer["events"] = int(sizes[ticket["number"]])
        answers.append(answer)
    return {"total": len(answers), "tickets": answers}


def text(value):
    value = plain(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def ticket_timeline(events, tickets, call):
    own = events[events["number"] == call["number"]].reset_index(drop=True)
    until_next = (own["sys_updated_at"].shift(-1) - own["sys_updated_at"]).dt.total_seconds()
    answers = []
    for i, event in own.iterrows():
        changes = []
        if i > 0:
            before = own.loc[i - 1]
            for column in CHANGING:
                one, other = text(before[column]), text(event[column])
                if one != other:
                    changes.append({"field": column, "from": one, "to": other})
        answers.append({
            "updated_at": plain(event["sys_updated_at"]),
            "updated_by": plain(event["updated_by"]),
            "sys_mod_count": plain(event["sys_mod_count"]),
            "state": plain(event["state"]),
            "group": plain(event["group"]),
            "changes": changes,
            "seconds_until_next": None if pd.isna(until_next[i]) else int(until_next[i]),
        })
    stay = (own["state"].fillna(MISSING) != own["state"].fillna(MISSING).shift()).cumsum()
    stays = own.groupby(stay).agg(
        state=("state", "first"), entered=("sys_updated_at", "first"), events=("number", "size")
    )
    stays["left"] = stays["entered"].shift(-1)
    states = [
        {
            "state": plain(row["state"]),
            "entered_at": plain(row["entered"]),
            "left_at": plain(row["left"]),
            "duration_seconds": None if pd.isna(row["left"])
            else int((row["left"] - row["entered"]).total_seconds()),
            "events": int(row["events"]),
        }
        for _, row in stays.iterrows()
    ]
    last = tickets.loc[call["number"]]
    return {
        "number": call["number"],
        **{column: plain(last[column]) for column in ["opened_at", "resolved_at", "closed_at"]},
        "events": answers,
        "states": states,
    }


FREQUENCIES = {"day": "D", "week": "W-SUN", "month": "M", "quarter": "Q"}


def periods_of(times, period):
    return times.dt.to_period(FREQUENCIES[period])


def ticket_volume(events, tickets, call):
    column = call["moment"] + "_at"
    chosen = within(tickets, column, call)
    by = None if call["by"] == "none" else call["by"]
    frequency = FREQUENCIES[call["period"]]
    answer = {
        "by": call["by"], "period": call["period"], "moment": call["moment"],
        "total": len(chosen),
        "values": counted(chosen[by]) if by else [],
        "periods": [],
    }
    first = pd.Timestamp(call["from"]) if call.get("from") else chosen[column].min()
    last = pd.Timestamp(call["to"]) - pd.Timedelta(days=1) if call.get("to") else chosen[column].max()
    if pd.isna(first) or pd.isna(last) or last < first.normalize():
        return answer
    own = periods_of(chosen[column], call["period"])
    for period in pd.period_range(pd.Period(first, frequency), pd.Period(last, frequency)):
        inside = chosen[own == period]
        answer["periods"].append({
            "starts_on": period.start_time.strftime("%Y-%m-%d"),
            "tickets": len(inside),
            "values": counted(inside[by]) if by else [],
        })
    return answer


GROUPINGS = {
    "none": [], "group": ["group"], "priority": ["priority"],
    "group_and_priority": ["group", "priority"],
}


def parts_of(tickets, by):
    """The tickets together, and the parts of a grouping with their group and priority."""
    columns = GROUPINGS[by]
    if not columns:
        parts = [({}, tickets)] if len(tickets) else []
    else:
        keys = [tickets[column].fillna(MISSING) for column in columns]
        parts = [
            (dict(zip(columns, key if isinstance(key, tuple) else (key,))), part)
            for key, part in tickets.groupby(keys if len(keys) > 1 else keys[0])
        ]
    named = []
    for key, part in parts:
        place = {name: key.get(name) for name in ["group", "priority"]}
        order = (place["group"] or MISSING, place["priority"] or MISSING)
        place = {name: None if value == MISSING else value for name, value in place.items()}
        named.append((place, order, part))
    return named


def time_to_resolve(events, tickets, call):
    chosen = within(tickets, "opened_at", call).copy()
    chosen["seconds"] = seconds(chosen[call["until"] + "_at"] - chosen["opened_at"])
    chosen = chosen[chosen["seconds"] >= 0]

    def figures(part):
        times = part["seconds"]
        return {
            "tickets": len(times),
            "median_seconds": plain(times.median()),
            "p90_seconds": plain(times.quantile(0.9)),
            "mean_seconds": plain(times.mean()),
        }

    parts = sorted(parts_of(chosen, call["by"]), key=lambda part: (-len(part[2]), part[1]))
    return {
        "by": call["by"], "until": call["until"],
        "overall": {"group": None, "priority": None, **figures(chosen)},
        "parts": [{**place, **figures(part)} for place, _, part in parts],
    }


def sla_breaches(events, tickets, call):
    chosen = within(tickets, "opened_at", call)
    chosen = chosen[chosen["made_sla"].notna()]

    def figures(part):
        breached = (part["made_sla"] == False)  # noqa: E712
        return {
            "tickets": len(part), "breaches": int(breached.sum()), "rate": plain(breached.mean()),
        }

    parts = [(place, order, figures(part)) for place, order, part in parts_of(chosen, call["by"])]
    parts.sort(key=lambda part: (-part[2]["breaches"], -part[2]["tickets"], part[1]))
    return {
        "by": call["by"],
        "overall": {"group": None, "priority": None, **figures(chosen)},
        "parts": [{**place, **part} for place, _, part in parts],
    }


def reassignment_ping_pong(events, tickets, call):
    chosen = within(tickets, "opened_at", call)
    known = events[events["group"].notna() & events["number"].isin(chosen["number"])]
    before = known.groupby("number")["group"].shift()
    steps = known[before != known["group"]].copy()
    steps["previous"] = steps.groupby("number")["group"].shift(1)
    steps["previous_but_one"] = steps.groupby("number")["group"].shift(2)
    handovers = steps[steps["previous"].notna()]
    returns = steps[steps["previous_but_one"] == steps["group"]]
    per_ticket = returns.groupby("number").size()
    paths = steps.groupby("number")["group"].agg(list)

    shown = chosen[chosen["reassignment_count"] >= call["minimum_reassignments"]].copy()
    shown["returns"] = per_ticket.reindex(shown["number"]).fillna(0).astype(int).values
    shown = shown.sort_values(
        ["reassignment_count", "returns", "number"], ascending=[False, False, True]
    )
    pairs = returns.groupby(["group", "previous"]).agg(
        tickets=("number", "nunique"), returns=("number", "size")
    ).reset_index()
    pairs = pairs.sort_values(
        ["returns", "tickets", "group", "previous"], ascending=[False, False, True, True]
    )
    groups = pd.DataFrame({"tickets": steps.groupby("group")["number"].nunique()})
    groups["received"] = handovers.groupby("group").size()
    groups["handed_on"] = handovers.groupby("previous").size()
    groups["returned"] = returns.groupby("group").size()
    groups = groups.fillna(0).astype(int).rename_axis("group").reset_index()
    groups = groups.sort_values(["returned", "handed_on", "group"], ascending=[False, False, True])
    spread = chosen["reassignment_count"].value_counts().sort_index()
    limit = call["limit"]
    return {
        "tickets_seen": len(chosen),
        "distribution": [
            {"reassignments": int(n), "tickets": int(tickets)} for n, tickets in spread.items()
        ],
        "tickets_returned": len(per_ticket),
        "returns": len(returns),
        "tickets_found": len(shown),
        "tickets": [
            {
                "number": row["number"],
                "reassignments": int(row["reassignment_count"]),
                "returns": int(row["returns"]),
                "groups": list(paths.get(row["number"], [])),
            }
            for _, row in shown.head(limit).iterrows()
        ],
        "pairs": [
            {
                "group": row["group"], "via": row["previous"],
                "tickets": int(row["tickets"]), "returns": int(row["returns"]),
            }
            for _, row in pairs.head(limit).iterrows()
        ],
        "groups": groups.head(limit).to_dict("records"),
    }


def reopen_rate(events, tickets, call):
    chosen = within(tickets, "opened_at", call)
    ended = events[events["state"].str.lower().isin(["resolved", "closed"])]["number"].unique()
    done = (
        chosen["number"].isin(ended)
        | chosen["resolved_at"].notna()
        | chosen["closed_at"].notna()
        | (chosen["reopen_count"] > 0)
    )
    chosen = chosen[done & chosen["reopen_count"].notna()]

    def figures(value, part):
        reopened = part["reopen_count"] > 0
        return {
            "value": value, "tickets": len(part), "reopened": int(reopened.sum()),
            "reopenings": int(part["reopen_count"].sum()), "rate": plain(reopened.mean()),
        }

    values = []
    if call["by"] != "none":
        values = [figures(value, part) for value, part in chosen.groupby(chosen[call["by"]].fillna(MISSING))]
        values.sort(key=lambda row: (-row["reopened"], -row["tickets"], row["value"]))
        for row in values:
            row["value"] = None if row["value"] == MISSING else row["value"]
    return {"by": call["by"], "overall": figures(None, chosen), "values": values}


def backlog_ageing(events, tickets, call):
    moment = pd.Timestamp(call["as_of"]).tz_localize(None)
    if call["until"] == "resolved":
        end = tickets["resolved_at"].fillna(tickets["closed_at"])
    else:
        end = tickets["closed_at"]
    end = end.where(end.notna() | (tickets["active"] != False), tickets["sys_updated_at"])  # noqa: E712
    is_open = (tickets["opened_at"] <= moment) & ~(end <= moment)
    ages = seconds(moment - tickets.loc[is_open, "opened_at"])
    so_far = events[events["sys_updated_at"] <= moment].drop_duplicates("number", keep="last")
    first = events.drop_duplicates("number", keep="first")
    then = pd.concat([so_far, first]).drop_duplicates("number").set_index("number")
    edges = [0, *call["bucket_days"], math.inf]

    def figures(value, part):
        days = part / 86400
        return {
            "value": value,
            "tickets": len(part),
            "median_age_seconds": plain(part.median()),
            "oldest_age_seconds": int(part.max()) if len(part) else None,
            "ages": [
                {
                    "from_days": low,
                    "to_days": None if high == math.inf else high,
                    "tickets": int(((days >= low) & (days < high)).sum()),
                }
                for low, high in zip(edges, edges[1:])
            ],
        }

    values = []
    if call["by"] != "none":
        value_of = then.loc[ages.index, call["by"]].fillna(MISSING)
        parts = sorted(ages.groupby(value_of), key=lambda item: (-len(item[1]), item[0]))
        values = [figures(None if value == MISSING else value, part) for value, part in parts]
    return {
        "as_of": plain(moment), "by": call["by"], "until": call["until"],
        "overall": figures(None, ages), "values": values,
    }


def volume_changes(events, tickets, call):
    column = call["moment"] + "_at"
    chosen = tickets[tickets[column].notna()]
    own = periods_of(chosen[column], call["period"])
    every = pd.period_range(own.min(), own.max())
    value = chosen[call["by"]].fillna(MISSING) if call["by"] != "none" else pd.Series(MISSING, chosen.index)
    counts = pd.crosstab(own, value).reindex(every, fill_value=0)
    changes, judged = [], 0
    for name in sorted(counts.columns):
        series = counts[name]
        window = series.shift(1).rolling(call["window"])
        usual = window.median()
        spread = window.apply(lambda before: np.median(np.abs(before - np.median(before))), raw=True)
        scale = np.maximum(np.maximum(1.4826 * spread, np.sqrt(usual)), 1)
        table = pd.DataFrame({"count": series, "usual": usual, "scale": scale})
        table["score"] = (table["count"] - table["usual"]) / table["scale"]
        table["start"] = [period.start_time for period in table.index]
        table = table[table["usual"].notna()]
        if call.get("from"):
            table = table[table["start"] >= pd.Timestamp(call["from"])]
        if call.get("to"):
            table = table[table["start"] < pd.Timestamp(call["to"])]
        judged += len(table)
        for _, row in table[table["score"].abs() >= call["threshold"]].iterrows():
            changes.append({
                "starts_on": row["start"].strftime("%Y-%m-%d"),
                "value": None if name == MISSING else name,
                "tickets": int(row["count"]),
                "usual": float(row["usual"]),
                "scale": float(row["scale"]),
                "score": float(row["score"]),
            })
    changes.sort(key=lambda row: (-abs(row["score"]), row["starts_on"], row["value"] or MISSING))
    return {
        **{name: call[name] for name in ["by", "period", "moment", "window", "threshold"]},
        "judged": judged, "found": len(changes), "changes": changes,
    }


def similar_tickets(events, tickets, call):
    asked = tickets.loc[call["number"]]
    known = [column for column in ALIKE if pd.notna(asked[column])]
    weight = {
        column: math.log(len(tickets) / (tickets[column] == asked[column]).sum()) for column in known
    }
    others = tickets[tickets["number"] != call["number"]]
    if call["resolved_only"]:
        others = others[others["resolved_at"].notna() | others["closed_at"].notna()]
    equal = pd.DataFrame({column: others[column] == asked[column] for column in known})
    shared = sum((equal[column] * weight[column] for column in known), pd.Series(0.0, others.index))
    score = shared / sum(weight.values())
    found = others.assign(score=score)[score > 0]
    found = found.sort_values(["score", "number"], ascending=[False, True])
    shown = found.head(call["limit"])
    took = seconds(shown["resolved_at"] - shown["opened_at"])
    took = took.where(took >= 0)

    def attribute(column):
        return {"attribute": column, "value": asked[column], "weight": weight[column]}

    return {
        "number": call["number"],
        "attributes": [attribute(column) for column in known],
        "found": len(found),
        "tickets": [
            {
                "number": row["number"],
                "score": float(row["score"]),
                "shared": [attribute(column) for column in known if equal.loc[row["number"], column]],
                "state": plain(row["state"]),
                "group": plain(row["group"]),
                "closed_code": plain(row["closed_code"]),
                "resolved_at": plain(row["resolved_at"]),
                "time_to_resolve_seconds": None if pd.isna(took[row["number"]])
                else int(took[row["number"]]),
            }
            for _, row in shown.iterrows()
        ],
        "closed_codes": counted(shown["closed_code"]),
        "median_time_to_resolve_seconds": plain(took.median()),
    }


ACTIONS = {
    action.__name__: action
    for action in [
        search_tickets, ticket_timeline, ticket_volume, time_to_resolve, sla_breaches,
        reassignment_ping_pong, reopen_rate, backlog_ageing, volume_changes, similar_tickets,
    ]
}


def main():
    events, tickets = read(sys.argv[1])
    answers = [ACTIONS[call["action"]](events, tickets, call["input"]) for call in json.load(sys.stdin)]
    json.dump(answers, sys.stdout, allow_nan=False)


if __name__ == "__main__":
    main()
