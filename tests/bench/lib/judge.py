"""What must be shown (issue 4, Must show 7), as ratios of the same round; of several rounds the median."""
import statistics

RATIOS = [
    # what, at least or at most, wanted, how from a round
    ("vault at 64 callers / ceiling", "at least", 0.6, lambda r: r["vault/64"]["perSecond"] / r["ceiling/64"]["perSecond"]),
    ("64 tenants / one tenant, 64 callers", "at least", 0.85, lambda r: r["vault-tenants/64"]["perSecond"] / r["vault/64"]["perSecond"]),
    ("gate at 64 connections / nginx static", "at least", 0.30, lambda r: r["https-gate/64"]["perSecond"] / r["nginx/64"]["perSecond"]),
    ("gate at 64 connections / PostgreSQL, four trips", "at least", 5.0,
     lambda r: r["https-gate/64"]["perSecond"] / r["postgres-four-trips/64"]["perSecond"]),
    ("the same, PostgreSQL without authentication (plain AES)", "at least", 5.0,
     lambda r: r["https-gate/64"]["perSecond"] / r["postgres-raw-four-trips/64"]["perSecond"]),
    ("vault at 64 callers / PostgreSQL, one statement", "at least", 1.0,
     lambda r: r["vault/64"]["perSecond"] / r["postgres-one-statement/64"]["perSecond"]),
    ("gate p50, one connection / (flush p50 + nginx p50)", "at most", 1.6,
     lambda r: r["https-gate/1"]["p50"] / (r["flush"]["p50"] + r["nginx/1"]["p50"])),
]


def judge(size):
    out = []
    for what, sense, wanted, ratio in RATIOS:
        try:
            values = [ratio(one) for one in size["rounds"]]
        except KeyError:
            continue  # not among the measurements that were asked for
        value = statistics.median(values)
        out.append({"what": what, "sense": sense, "wanted": wanted, "value": round(value, 3), "least": round(min(values), 3),
                    "most": round(max(values), 3), "reached": value >= wanted if sense == "at least" else value <= wanted})
    return out
