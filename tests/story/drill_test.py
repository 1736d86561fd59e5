#!/usr/bin/env python3
"""`shosoin drill old-image`: the copy opens before the erasure and yields nothing of it afterwards; refused where the vault runs."""
import os

from harness import Story, main


class OldImage(Story):
    UNTIL = "create_tenants"

    def drill(self, name, *options):
        return self.cli.ask("drill", "old-image", "--image", os.path.join(self.home, name), *options, patience=300)

    def test_the_drill_fails_to_open_what_was_erased_and_says_why(self):
        self.refused(self.drill("running"), "conflict")  # the vault has the data
        self.place.stop("vault")
        for name in ("first", "second"):
            told = self.accepted(self.drill(name)).data
            self.assertTrue(told["passed"], told)
            self.assertEqual({"keys": told["planted"], "presences": told["planted"]}, told["foundBeforeErasure"])
            self.assertEqual({"keys": 0, "presences": 0}, told["foundAfterErasure"])
            self.assertEqual(told["planted"] - told["erased"], told["liveReadable"])
            self.assertTrue(any(not one["opened"] and one["tpmCode"] for one in told["attempts"]), "the TPM refused nothing")
        self.refused(self.drill("first"), "conflict")
        self.place.start_vault()


if __name__ == "__main__":
    main()
