"""The comparison of customers: every size over each number of them, and what they take per target."""

from bench.compare import NETWORKS, Result, cells, gap, spread


def result(customers: int, seconds: float, cpu: float) -> Result:
    return Result(NETWORKS[0].name, 10_000, "service", 10, seconds - 10, cpu, 0, 0, customers)


def test_each_size_is_measured_over_each_number_of_customers() -> None:
    wanted = cells([100, 20], [0], ["service"], [500, 10], quick=False)
    assert [(cell.targets, cell.customers) for cell in wanted] == [(20, 10), (20, 20), (100, 10), (100, 100)]


def test_rows_name_customers_where_they_are_not_the_usual_ones() -> None:
    few, many = cells([10_000], [0], ["service"], [10, 500], quick=False)
    assert "| 10,000 |" in gap(few, "service", "not run")
    assert "| 10,000 over 500 |" in gap(many, "service", "not run")


def test_more_customers_are_held_against_the_fewest() -> None:
    (line,) = spread([result(10, 100, 80), result(500, 115, 92)])
    assert "500 customers take 1.15 times of 10 per target, 1.15 times the CPU" in line
