"""NannyML's univariate drift of every column, from two Parquet files.

Its default method (Jensen-Shannon), thresholds and chunks (ten a table); texts are categories.
"""

import sys
import warnings

import pandas as pd
from nannyml import UnivariateDriftCalculator
from served import serve

warnings.simplefilter("ignore")


def drift(baseline: str, current: str) -> object:
    """Every column's verdict, chunk by chunk."""
    before, after = pd.read_parquet(baseline), pd.read_parquet(current)
    texts = list(before.select_dtypes("object"))
    calculator = UnivariateDriftCalculator(column_names=list(before), treat_as_categorical=texts)
    return calculator.fit(before).calculate(after).to_df()


if __name__ == "__main__":
    serve(lambda: drift(*sys.argv[1:3]))
