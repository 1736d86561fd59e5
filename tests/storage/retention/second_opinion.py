#!/usr/bin/env python3
"""Counts retention periods a second time, with datetime and from the text of the law, and compares with the C++ answers.

usage: second_opinion.py PATH_OF_RETENTION_ANSWERS [--cases N] [--seed S]
"""
import argparse
import calendar
import datetime
import random
import subprocess
import sys

ONE_DAY = datetime.timedelta(days=1)
MOST = {"y": 1000, "m": 12000, "d": 366000}


def last_of_month(year, month):
    return datetime.date(year, month, calendar.monthrange(year, month)[1])


def latest_possible(year, month, day):
    if year == "0000":
        return None
    if month in ("00", "A1", "A2", "A3", "A4"):
        return datetime.date(int(year), 12, 31)
    fixed = {"A1": 10, "A2": 20}.get(day)
    if fixed:
        return datetime.date(int(year), int(month), fixed)
    if day in ("00", "A3"):
        return last_of_month(int(year), int(month))
    return datetime.date(int(year), int(month), int(day))


def is_possible(year, month, day):
    month_open = month in ("00", "A1", "A2", "A3", "A4")
    if month_open:
        return day == "00"
    if not 1 <= int(month) <= 12:
        return False
    if day in ("00", "A1", "A2", "A3"):
        return True
    if day.startswith("A"):
        return False
    probe = 2000 if year == "0000" else int(year)
    return 1 <= int(day) <= calendar.monthrange(probe, int(month))[1]


def opinion(rule, period, event, settlement):
    if settlement == "account-year" and rule != "NEXT_FY":
        return "refused"
    count, unit = int(period[:-1]), period[-1]
    if not 1 <= count <= MOST[unit]:
        return "refused"
    year, month, day = event.split("-")
    if not is_possible(year, month, day):
        return "refused"
    happened = latest_possible(year, month, day)
    if happened is None:
        return "never"
    try:
        if rule == "EXCL":
            start = happened + ONE_DAY
        elif rule == "INCL":
            start = happened
        elif rule == "NEXT_FY":
            year_of_accounts = happened.year if happened.month >= 4 else happened.year - 1
            if settlement == "account-year" and happened.month in (4, 5):
                year_of_accounts -= 1
            start = datetime.date(year_of_accounts + 1, 4, 1)
        else:
            start = datetime.date(happened.year + 1, 1, 1)
        if unit == "d":
            end = start + (count - 1) * ONE_DAY
        else:
            total = start.year * 12 + start.month - 1 + (count * 12 if unit == "y" else count)
            to_year, to_month = divmod(total, 12)
            try:
                end = datetime.date(to_year, to_month + 1, start.day) - ONE_DAY
            except ValueError:
                end = last_of_month(to_year, to_month + 1)
        end = max(end, happened)
        return f"{start} {end} {end + ONE_DAY}"
    except (ValueError, OverflowError, calendar.IllegalMonthError):
        return "refused"


def random_case(rng):
    rule = rng.choice(["EXCL", "INCL", "NEXT_FY", "NEXT_CY"])
    unit = rng.choice("yyymmd")
    count = rng.choice([rng.randint(1, 12), rng.randint(1, 200), rng.randint(1, MOST[unit]), MOST[unit] + 1])
    year = rng.choice(["0000", "0001", "9998", "9999", f"{rng.randint(1, 9999):04}"] + [f"{rng.randint(1868, 2100)}"] * 12)
    month = rng.choice(["00", "A1", "A2", "A3", "A4", "13", "02", "03"] + [f"{rng.randint(1, 12):02}"] * 20)
    day = rng.choice(["00", "A1", "A2", "A3", "A4", "28", "29", "30", "31", "32"] + [f"{rng.randint(1, 31):02}"] * 20)
    settlement = rng.choice(["account-year"] + ["actual-date"] * 4) if rule != "NEXT_FY" else rng.choice(["account-year", "actual-date"])
    return f"{rule} {count}{unit} {year}-{month}-{day} {settlement}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("answers")
    parser.add_argument("--cases", type=int, default=100000)
    parser.add_argument("--seed", type=int, default=20261122)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    cases = [random_case(rng) for _ in range(options.cases)]
    done = subprocess.run([options.answers], input="\n".join(cases) + "\n", capture_output=True, text=True, check=True)
    answers = done.stdout.splitlines()
    if len(answers) != len(cases):
        sys.exit(f"{len(cases)} questions, {len(answers)} answers")
    kinds = {"refused": 0, "never": 0, "dates": 0}
    for case, answer in zip(cases, answers):
        expected = opinion(*case.split())
        if answer != expected:
            sys.exit(f"{case}: answered {answer}, second opinion {expected}")
        kinds[expected if expected in kinds else "dates"] += 1
    print(f"{len(cases)} cases agree: {kinds}")
    if min(kinds.values()) < len(cases) // 1000:
        sys.exit("the cases are one-sided")


if __name__ == "__main__":
    main()
