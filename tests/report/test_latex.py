"""Tables for papers."""

import re
import shutil
import subprocess

import pytest

from npal_cli.report.cells import cells
from npal_cli.report.latex import figures_table, gains_table
from npal_cli.report.tables import caption
from tests.report.conftest import NINE, acquired, everything, experiment
from tests.report.test_tables import ACCURACY, HOSTILE, RARE_CLASS

LEVELS = {"oracle": 0.95, "uncsamp": 0.7, "blend": 0.9, "random": 0.6}


def bold(text: str) -> list[str]:
    """The rows that have something in bold."""
    return [line.split(" &")[0] for line in text.splitlines() if "\\textbf" in line]


def test_figures_are_those_of_the_cells_with_the_paper_s_below():
    results = everything()
    ours = results[0].metric("oracle", "auac")
    latex = figures_table(cells(results), ACCURACY, caption("waveform", "logistic", ACCURACY, 1), "table_01")
    assert f"{ours.mean():.2f} $\\pm$ {ours.std(ddof=1):.2f}" in latex
    assert all(rule in latex for rule in (r"\toprule", r"\midrule", r"\bottomrule"))
    assert r"\label{tab:table-01}" in latex
    assert "Oracle (paper)" in latex
    assert "HALUni (reference) (paper)" not in latex


def test_the_best_competitor_is_bold_where_there_are_runs_enough():
    for runs, expected in ((NINE, ["Blend"]), (NINE[:4], [])):
        table = cells([experiment(**{name: acquired(name, level=level, runs=runs) for name, level in LEVELS.items()})])
        assert bold(figures_table(table, ["auac"], "It.", "it")) == expected
        assert bold(gains_table(table, "held_out", "it")) == expected


def test_gains_have_a_column_a_setting_and_a_star_where_chance_does_not_explain_them():
    records = {name: acquired(name, level=level) for name, level in LEVELS.items()}
    table = cells([experiment(setting, **records) for setting in ("balanced", "imbalanced")])
    text = gains_table(table, "held_out", "table_waveform_logistic_gains")
    blend = next(line for line in text.splitlines() if line.startswith("Blend"))
    cell = table[(table["strategy"] == "blend") & (table["evaluation"] == "held_out") & (table["metric"] == "auac")]
    assert [float(each) for each in re.findall(r"textbf\{([+-][\d.]+)", blend)] == cell["random_mean"].round(2).tolist()
    assert blend.count("$^*$") == (cell["random_p_holm"] < 0.05).sum() == 2
    assert "held-out points" in text
    assert gains_table(cells([experiment(blend=acquired("blend"))]), "test", "it") is None


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="LaTeX is not installed")
@pytest.mark.parametrize("name", ["uncsamp", HOSTILE.replace("\N{SNOWMAN}", "")])
def test_latex_tables_compile_with_booktabs(name, tmp_path):
    table = cells([experiment(data=name, random=acquired("random"), **{name: acquired("x")})])
    captions = [(metrics, caption(name, "logistic", metrics, None)) for metrics in (ACCURACY, RARE_CLASS)]
    parts = [figures_table(table, metrics, title, f"table_{i}") for i, (metrics, title) in enumerate(captions)]
    parts.append(gains_table(table, "held_out", "table_gains"))
    (tmp_path / "t.tex").write_text(
        "\\documentclass{article}\\usepackage{booktabs}\\usepackage[T1]{fontenc}\\begin{document}\n"
        + "\n".join(parts)
        + "\\end{document}"
    )
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "t.tex"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-2000:]


def test_the_best_may_be_several_and_fewer_runs_are_said():
    names = ("random", "uncsamp", "margin")
    records = {name: acquired("uncsamp" if name == "margin" else name, level=LEVELS.get(name, 0.7)) for name in names}
    table = cells([experiment(**records, np=acquired("np", runs=NINE[:3]))])
    assert bold(gains_table(table, "held_out", "it")) == ["UncSamp", "Margin"]
    assert "(3 runs)" in next(
        line for line in gains_table(table, "held_out", "it").splitlines() if line.startswith("NP")
    )


def test_a_gain_rests_on_the_runs_that_random_has_too():
    few = experiment(random=acquired("random", runs=NINE[:3]), blend=acquired("blend", level=LEVELS["blend"]))
    assert bold(gains_table(cells([few]), "held_out", "it")) == []


def test_a_label_holds_nothing_that_latex_takes_for_its_own():
    table = cells([experiment(random=acquired("random"))])
    assert r"\label{tab:a-b-50-x}" in figures_table(table, ACCURACY, "It.", "a_b 50%#{x")
