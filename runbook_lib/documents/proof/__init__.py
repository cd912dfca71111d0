"""What the product calls, and what that proves about policies: sufficiency, probes, ablation, the vendor's gaps.

Pure: policies in, verdicts out. The yardstick is the published call ledger; the evaluation is `policy/`'s.
"""
