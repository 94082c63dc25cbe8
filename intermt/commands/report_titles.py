"""What statistics and tasks are called in the tables of an evaluation."""

from __future__ import annotations

from intermt.records import JudgeTask

NONE = "–"
"""In place of a number that is not there."""

TASK_NAMES: dict[JudgeTask, str] = {
    "score": "scores",
    "pair": "pairs",
    "crucial-step": "crucial steps",
}

_TITLES: dict[str, str] = {
    "pearson": "Pearson's r between the judge's and people's scores",
    "spearman": "Spearman's rank correlation with people's scores",
    "kendall_tau_b": "Kendall's tau-b with people's scores",
    "exact_agreement": "Share of replies equal to a person's score",
    "weighted_kappa": "Kappa with quadratic weights",
    "mean_absolute_error": "Mean distance of the scores, in points (0 is best)",
    "accuracy": "Accuracy: share of choices for the candidate that more people chose (chance 0.5)",
    "tie_calibrated_accuracy": "Accuracy with ties, a tie being calibrated",
    "cohen_kappa": "Cohen's kappa over A, B and tie",
    "macro_f1": "Macro F1 over A, B and tie",
    "first_slot": "Position: share of choices for the candidate shown first (unbiased 0.5)",
    "consistency": "Consistency: share of verdicts that stay the same in the other order",
    "tie_rate": "Ties: share of replies that say tie",
    "coverage": "Coverage: share of replies that state a verdict",
    "mean_grade": "Mean grade of descriptions of crucial steps, 1 to 5",
    "top_share": "Highest score: share of the judge's scores",
    "human_top_share": "Highest score: share of people's scores on the same items",
    "top_share_gap": "Highest score: the judge's share less people's (unbiased 0)",
    "score_gap": "The judge's mean score less people's, in points (unbiased 0)",
    "length_r": "Length: correlation of the score with it, people's score held fixed",
    "pictures_r": "Pictures: correlation of the score with their number, people's held fixed",
    "reason_length_r": "Reasons: correlation of the score with the length of the reason",
    "own_family_gap": "Own family: how much better the judge scores it than people do (unbiased 0)",
    "longer_rate": "Length: share of choices for the longer candidate",
    "human_longer_rate": "Length: the same of people",
    "longer_preference": "Length: the judge's share less people's (unbiased 0)",
    "more_pictures_rate": "Pictures: share of choices for the candidate with more of them",
    "human_more_pictures_rate": "Pictures: the same of people",
    "more_pictures_preference": "Pictures: the judge's share less people's (unbiased 0)",
    "own_family_rate": "Own family: share of choices for the candidate of the judge's family",
    "human_own_family_rate": "Own family: the same of people",
    "own_family_preference": "Own family: the judge's share less people's (unbiased 0)",
}


def title_of(statistic: str, task: JudgeTask | None = None) -> str:
    """What a table of a statistic is called; with a task, so that it begins with that.

    >>> title_of("tie_rate", "pair")
    'Pairs, ties: share of replies that say tie'
    """
    title = _TITLES.get(statistic, statistic.replace("_", " ").capitalize())
    if task is None:
        return title
    first, _, rest = title.partition(" ")
    # A person's name keeps its capital within a sentence.
    first = first if first.endswith("'s") else first[0].lower() + first[1:]
    return f"{TASK_NAMES[task].capitalize()}, {first} {rest}"
