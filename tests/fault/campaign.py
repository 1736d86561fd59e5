"""The kill campaign: kill -9 of vault, gate or both at random moments of a workload, restart, check."""
import random
import time

from workload import Broken, Workload

READY_WITHIN = 1.0  # seconds from start to ready (issue 2, must show 7)
THOROUGH_EVERY = 10


def run_campaign(scenario, count, seed, tell):
    """Returns a summary; raises workload.Broken at the first thing that is not as it must be."""
    place = scenario.place
    chance = random.Random(seed)
    scenario.officers_in()
    load = Workload(scenario, seed)
    load.start()
    slowest, kills = 0.0, {"vault": 0, "gate": 0, "both": 0}
    try:
        for number in range(1, count + 1):
            load.resume()
            time.sleep(chance.uniform(0.0, 0.6))
            target = chance.choices(("vault", "gate", "both"), (6, 2, 2))[0]
            kills[target] += 1
            if target in ("vault", "both"):
                place.vault.kill()
            if target in ("gate", "both"):
                place.gate.kill()
            load.rest()
            if target in ("vault", "both"):
                place.start_vault(wait=False)
                seconds = place.wait_for_vault(20)
                slowest = max(slowest, seconds)
                if seconds > READY_WITHIN:
                    raise Broken(f"kill {number}: ready only after {seconds:.2f} s")
            if target in ("gate", "both"):
                place.start_gate()
            load.check(thorough=number % THOROUGH_EVERY == 0 or number == count)
            if number % THOROUGH_EVERY == 0:
                tell(f"{number} kills: {load.acknowledged} acknowledged, {load.unknown} unknown outcomes, slowest start {slowest:.2f} s")
    finally:
        load.end()
    return {"kills": kills, "acknowledged": load.acknowledged, "unknown": load.unknown, "erased": len(load.erased), "epoch": load.epoch,
            "applications": len(load.applications), "terminals": len(load.terminals), "slowestStart": round(slowest, 3)}
