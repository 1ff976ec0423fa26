"""How did a training run end? One word for it, the numbers behind the word, and what to try first.

    from lab import records, verdict
    run = records.load("page-model-too-high-seed-0")
    print(verdict.judge(verdict.History.of_run(run)))

The words are those of the glossary, and the first that holds is given. The validation loss decides: far too
high a rate can end with a training loss near 0 and a validation loss many times where it started.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from lab.records import Run

# Two points are always a line; the third is the first that can disagree with it.
FEWEST_EVALUATIONS = 3
# Looks without a new best before a curve counts as flat, as in the book's rule for stopping.
PATIENCE = 3
# A change smaller than this share of the starting loss, over PATIENCE looks, matters to nobody, be it ever so
# smooth. It is the least margin; where the curve is noisier than that, the noise is the margin.
LEAST_MARGIN = 0.005
# Learning how common each class is, and reading no word, takes 7 % off the loss on this book's headlines:
# a tenth is the round number above it.
HARDLY_MOVED = 0.1
# A rate that is too high can teach just that in the first epoch, and nothing ever after: it moved at first.
MOVED_AT_FIRST = 0.05
# "Most" of the starting loss is more than half of it.
MOST = 0.5
# A model that merely gives one class for everything goes up and down around its start; to stay this far above
# it is another thing. A model that tells classes apart has grown past its start when it is above it by
# HARDLY_MOVED.
CLEARLY_ABOVE = 1.25
# Twice the start is more than one odd batch or evaluation does at a rate that works. Having been there, a
# validation loss must come down by HARDLY_MOVED below its start to count as back.
JUMPED = 2.0
# Nothing comes back from here: one validation loss so many times where it started is enough to tell.
HOPELESS = 100.0
# Guessing evenly between two classes costs this, in nats, and among more classes more: a model below it does
# not merely guess. Where the start was not logged, a curve may have come down from a leap of its own.
GUESSING = math.log(2)
# Two accuracies closer than this are one: logs round to four digits.
SAME_ACCURACY = 0.0005
# How far from a whole number the count of classes may be that is worked out of two such digits.
SAME_CLASSES = 0.005

DIVERGED, COLLAPSED, STALLED, STUCK = "diverged", "collapsed", "stalled", "stuck"
STILL_IMPROVING, CONVERGED, NOT_ENOUGH = "still improving", "converged", "not enough to tell"
TOO_LOW, ABOUT_RIGHT, TOO_HIGH = "too low", "about right", "too high"

LOWER = "Train again from the start with a learning rate ten times smaller."
STOP_AT_BEST = "Keep the weights of the lowest validation loss and stop there."


@dataclass(frozen=True)
class History:
    """What a log holds of one run; losses are cross-entropies in nats.

    Made by `of_run`, `of_rows` or lab.logs. The lists from `at` (the step or epoch) to `predicted_counts`
    (answers by class) have one entry per evaluation, with None for what was not measured. Where
    `training_lags`, training_loss is the mean over the steps since the evaluation before. `step_loss` and
    `grad_norm` have one entry per step that was logged. `starting_loss` is the loss before the first step;
    where `start_measured` is False it is the earliest in the log instead. `always_neutral` is the share of
    the largest class in validation, 0 to 1; `frequencies_loss` is the loss of answering every headline
    with how common each class is there.
    """

    at: list[float]
    validation_loss: list[float]
    training_loss: list[float | None]
    training_lags: bool
    accuracy: list[float | None]
    macro_f1: list[float | None]
    predicted_counts: list[Mapping[str, int] | None]
    step_loss: list[float]
    grad_norm: list[float]
    starting_loss: float | None
    start_measured: bool
    always_neutral: float | None
    frequencies_loss: float | None

    @classmethod
    def of_rows(
        cls,
        rows: Iterable[Mapping[str, Any]],
        *,
        step_loss: Sequence[float] = (),
        grad_norm: Sequence[float] = (),
        first_batch_loss: float | None = None,
        first_logged_loss: float | None = None,
        validation_labels: Mapping[str, int] | None = None,
        training_lags: bool = False,
    ) -> History:
        """A history from one mapping per evaluation: at, validation_loss and any of the other quantities.

        Rows without a validation loss are left out. The loss of the first batch is worked out before the
        first step, so it stands for the start where nothing was evaluated at 0; next best is the first
        training loss logged before the first evaluation, then the first evaluation.
        `validation_labels` is how many validation headlines each class has.
        """
        kept = [row for row in rows if row.get("validation_loss") is not None]
        counts = list(validation_labels.values()) if validation_labels else []
        shares = [count / sum(counts) for count in counts if count]
        at_start = bool(kept) and kept[0]["at"] == 0
        start = kept[0]["validation_loss"] if at_start else first_batch_loss
        measured = start is not None
        if start is None:
            start = first_logged_loss
        if start is None and kept:
            start = kept[0]["validation_loss"]
        return cls(
            at=[row["at"] for row in kept],
            validation_loss=[row["validation_loss"] for row in kept],
            training_loss=[row.get("train_loss") for row in kept],
            training_lags=training_lags,
            accuracy=[row.get("accuracy") for row in kept],
            macro_f1=[row.get("macro_f1") for row in kept],
            predicted_counts=[row.get("predicted_counts") for row in kept],
            step_loss=list(step_loss),
            grad_norm=list(grad_norm),
            starting_loss=start,
            start_measured=measured,
            always_neutral=max(shares, default=None),
            frequencies_loss=-sum(share * math.log(share) for share in shares) if shares else None,
        )

    @classmethod
    def of_run(cls, run: Run) -> History:
        """The history of a stored run. Raises ValueError or TypeError where a quantity is not a number."""
        rows = []
        for number, evaluation in enumerate(run.evaluations):
            names = ("validation_loss", "train_loss", "accuracy", "macro_f1")
            row: dict[str, Any] = {
                name: float(evaluation[name]) for name in names if evaluation.get(name) is not None
            }
            at = evaluation.get("step", evaluation.get("epoch", number))
            counts = evaluation.get("predicted_counts")
            if counts is not None and not all(isinstance(count, int) for count in counts.values()):
                raise ValueError(
                    f"run {run.id}: predicted_counts {counts!r} must hold whole numbers by class"
                )
            rows.append(row | {"at": float(at), "predicted_counts": counts})
        step_loss = [float(loss) for loss in run.steps.get("loss", [])]
        return cls.of_rows(
            rows,
            step_loss=step_loss,
            grad_norm=[float(norm) for norm in run.steps.get("grad_norm", [])],
            first_batch_loss=step_loss[0] if step_loss else None,
            validation_labels=run.corpus.get("validation_labels"),
        )


@dataclass(frozen=True)
class Verdict:
    """How a run ended: the word, whether it was overfitting beside that, and why.

    `overfitting` is None where the validation loss has turned but there is no training loss to compare it
    with, where there is not enough to tell, and where the loss is no longer a number. `learning_rate` is
    "too low", "about right", "too high", or None where the log cannot say.
    """

    name: str
    overfitting: bool | None
    evidence: str
    learning_rate: str | None
    first_try: str


def judge(history: History) -> Verdict:
    """The verdict on a run: the first that holds, in the order of the glossary."""
    if (broken := _not_a_number(history)) is not None:
        return broken
    # A loss that is not finite, with numbers after it, is left out here and remembered as a jump.
    kept = [i for i, loss in enumerate(history.validation_loss) if math.isfinite(loss)]
    losses = [history.validation_loss[i] for i in kept]
    start = history.starting_loss
    if start is None or not math.isfinite(start):
        start = losses[0] if losses else math.nan
    first_is_start = bool(losses) and (
        history.at[kept[0]] == 0 or (losses[0] == start and not history.start_measured)
    )
    after = losses[1:] if first_is_start else losses
    if len(after) < FEWEST_EVALUATIONS:
        if history.start_measured and after and after[-1] >= HOPELESS * start > 0:
            evidence = (
                f"The last validation loss is {after[-1]:.4g}, {after[-1] / start:.3g} times where it "
                f"started ({start:.4g})."
            )
            return Verdict(DIVERGED, None, evidence, TOO_HIGH, LOWER)
        return Verdict(
            NOT_ENOUGH,
            None,
            f"The log has {len(after)} evaluation{'s' * (len(after) != 1)} of the validation loss after the "
            f"start, and {FEWEST_EVALUATIONS} are needed.",
            None,
            "Evaluate on validation after every epoch, and train for three epochs or more.",
        )
    if start <= 0 or min(after) < 0:
        return Verdict(
            NOT_ENOUGH,
            None,
            f"The loss starts at {start:.4g} and its lowest is {min(after):.4g}, but a cross-entropy starts "
            "above 0 and is never below it.",
            None,
            "Log the cross-entropy on validation.",
        )
    curve = _Curve(history, start, after, [history.training_loss[i] for i in kept])
    name = _name(curve)
    rate, first_try = _advice(name, curve)
    overfitting = None if name == NOT_ENOUGH else _overfitting(losses, curve)
    return Verdict(name, overfitting, curve.evidence(name), rate, first_try)


def naive(history: History, tolerance: float = 0.01) -> bool:
    """The tempting rule: converged if the last two validation losses differ by less than the tolerance, nats.

    It is here to be compared with: it takes standing still for having arrived.
    """
    last_two = history.validation_loss[-2:]
    return len(last_two) == 2 and abs(last_two[1] - last_two[0]) < tolerance


def noise(losses: Sequence[float]) -> float:
    """How far neighbouring evaluations differ by chance, in the losses' unit; 0 for fewer than three.

    The median absolute second difference of the latest 2 × PATIENCE losses. A straight trend has none, and
    chance alone makes it √3 times as large as the difference of two neighbours, so it is divided by that.
    """
    latest = losses[-2 * PATIENCE :]
    bends = [abs(a - 2 * b + c) for a, b, c in zip(latest, latest[1:], latest[2:], strict=False)]
    return median(bends) / math.sqrt(3) if bends else 0.0


class _Curve:
    """What the verdict is read off: the validation losses after the start, all finite, and the rest."""

    def __init__(
        self, history: History, start: float, after: list[float], training: list[float | None]
    ) -> None:
        self.history, self.start, self.after, self.training = history, start, after, training
        self.best, self.last, self.end_of_training = min(after), after[-1], training[-1]
        # Where classes differ more in size than ours, knowing how common they are takes off more than that.
        self.low = min((1 - HARDLY_MOVED) * start, history.frequencies_loss or math.inf)
        self.noise = noise(after)
        self.margin = max(self.noise, LEAST_MARGIN * start)
        # With three evaluations the latest two are compared with the first, or every early fall would count.
        self.window = min(PATIENCE, len(after) - 1)
        self.soon, self.latest = after[: math.ceil(len(after) / 3)], after[-self.window :]
        earlier = min(start, *after[: -self.window])
        self.falling = min(self.latest) < earlier - self.margin
        # A rate that is too low creeps on; one that is too high leaps about where it is.
        self.creeping = earlier - min(self.latest) > self.noise and start - self.last > self.margin
        self.moved_at_first = start - self.best > MOVED_AT_FIRST * start and not self.creeping
        self.leaps_about = any(b - a > LEAST_MARGIN * start for a, b in pairwise(after))
        # So few evaluations, so far apart, could be of a curve that is flat or of one that falls.
        self.erratic = len(after) < 2 * PATIENCE and self.noise > HARDLY_MOVED * start
        finite = all(map(math.isfinite, history.validation_loss))
        self.exploded = max(after) > JUMPED * start or not finite
        self.jumped = self.exploded or self._a_step_jumped()
        self.by_heart = finite and not self._a_step_jumped() and self._by_heart()
        self.only_counted = history.start_measured and self._only_counted()

    def _a_step_jumped(self) -> bool:
        return not all(loss <= JUMPED * self.start for loss in self.history.step_loss)

    def _by_heart(self) -> bool:
        """Did it come well down without a leap, and is training as good as done? It may rise again since."""
        down = next((number for number, loss in enumerate(self.after) if loss <= self.low), None)
        return (
            down is not None
            and max(self.after[: down + 1]) <= JUMPED * self.start
            and self.end_of_training is not None
            and self.end_of_training <= MOST * self.start
        )

    def _only_counted(self) -> bool:
        """Did it soon learn how common each class is, and leap about there ever after?"""
        floor, least = self.history.frequencies_loss, LEAST_MARGIN * self.start
        return (
            floor is not None
            and self.start - min(self.soon) > MOST * (self.start - floor) > 0
            and min(self.latest) > floor - least
            and self.last > min(self.after[:-1]) - least
            and self.leaps_about
        )

    def later(self, losses: Sequence[float | None]) -> float | None:
        """Where a loss would be after as many evaluations again, at its latest pace; None where unknown."""
        earlier, last = losses[-1 - self.window], losses[-1]
        if earlier is None or last is None:
            return None
        return last - max(0.0, earlier - last) / self.window * len(self.after)

    def evidence(self, name: str) -> str:
        """One sentence with the numbers."""
        measured = (
            "" if self.history.start_measured else " (the earliest in the log, not before the first step)"
        )
        training = (
            "" if self.end_of_training is None else f", training loss ends at {self.end_of_training:.4g}"
        )
        same = " and every answer at the end is the same class," if name == COLLAPSED else ""
        counted = (
            f" (how common each class is gives {self.history.frequencies_loss:.4g}, and no word need be read)"
            if name == STUCK and self.only_counted
            else ""
        )
        accuracy, always_neutral = self.history.accuracy[-1], self.history.always_neutral
        scored = (
            ""
            if accuracy is None or always_neutral is None
            else f", accuracy at {accuracy:.3f} where always-neutral has {always_neutral:.3f}"
        )
        return (
            f"Validation loss starts at {self.start:.4g}{measured} and ends at {self.last:.4g}{counted} "
            f"after {len(self.after)} evaluations,{same} its lowest is {self.best:.4g} and its "
            f"highest {max(self.after):.4g}, the noise between evaluations {self.noise:.2g}"
            f"{training}{scored}."
        )


def _name(curve: _Curve) -> str:
    """The first verdict that holds of a curve with enough evaluations."""
    known, training = curve.history.start_measured, curve.end_of_training
    if min(curve.latest) > CLEARLY_ABOVE * curve.start and not curve.by_heart:
        return DIVERGED
    # Answers that narrow to one class while the loss still falls are how many a slow run begins.
    if _one_class(curve.history, len(curve.history.at) - 1) and (
        curve.jumped or (_more_classes_before(curve.history) and not curve.falling)
    ):
        return COLLAPSED
    back = curve.last <= curve.low
    above = min(curve.latest) > (1 + HARDLY_MOVED) * curve.start
    if (above or (curve.exploded and not back)) and not curve.by_heart:
        return DIVERGED
    # A curve that would come clear of the start if trained as long again has not stalled.
    later = curve.later(curve.after)
    assert later is not None
    untaught = training is not None and training > MOST * curve.start
    if curve.only_counted and untaught:
        return STUCK
    if min(curve.best, later) > curve.low and (known or not curve.falling):
        if not known:
            return NOT_ENOUGH  # standing still and arrived look the same
        return STUCK if curve.moved_at_first and untaught else STALLED
    if curve.falling:
        return STILL_IMPROVING
    if curve.erratic:
        return NOT_ENOUGH
    if curve.best > MOST * curve.start and (training is None or untaught):
        return STUCK if known and untaught else NOT_ENOUGH
    return CONVERGED if known or curve.last < GUESSING else NOT_ENOUGH


def _advice(name: str, curve: _Curve) -> tuple[str | None, str]:
    """What the log says of the learning rate, None where it cannot, and what to try first."""
    training = curve.end_of_training
    if name == NOT_ENOUGH:
        if curve.erratic:
            return (
                None,
                "Train for more epochs, or evaluate more often: the losses are too few and too far apart.",
            )
        if not curve.history.start_measured:
            return None, (
                "Evaluate before the first step as well (in transformers, eval_on_start=True): without it, "
                "standing still, having arrived and coming back from a leap look the same."
            )
        return None, "Log the training loss as well: without it, stuck and converged look the same."
    if name == DIVERGED and curve.best < curve.low and not curve.jumped:
        return None, STOP_AT_BEST  # it came well down first, so the rate could be worked with
    if name in (DIVERGED, COLLAPSED) or (name in (STALLED, STUCK) and curve.jumped):
        return TOO_HIGH, LOWER
    if name == STALLED:
        if training is not None and training < curve.low:
            return None, "Check that the validation headlines are like those trained on, labels included."
        if curve.creeping:
            return TOO_LOW, "Train again with a learning rate ten times larger."
        if curve.history.grad_norm and not any(curve.history.grad_norm):
            return None, "No gradient arrives: check which weights are frozen and how the loss is worked out."
        return None, (
            "The learning rate is far too low or the optimiser was given the wrong parameters: look whether "
            "one step changes a weight, then try a rate ten times larger."
        )
    if name == STUCK and curve.only_counted:
        return None, (
            "Train again from the start with a learning rate ten times smaller; if that ends in the same "
            "place, check that each text still has its own label."
        )
    if name == STUCK:
        return None, "Train again from the start at a third of this learning rate, and at three times it."
    if name == CONVERGED and curve.last > curve.start:
        return None, STOP_AT_BEST
    if name == CONVERGED:
        return ABOUT_RIGHT, "Keep the weights of the lowest validation loss, and repeat with another seed."
    if curve.history.start_measured and training is not None and training <= MOST * curve.start:
        return ABOUT_RIGHT, "Train for more epochs, with everything else the same."
    later = curve.later(curve.training)
    # Most of the way in the first third, then up and down, can be of a rate that is too high as well.
    quick = curve.start - min(curve.soon) > MOST * (curve.start - curve.best)
    if later is not None and later > MOST * curve.start and not (quick and curve.leaps_about):
        return TOO_LOW, "Train again with a learning rate ten times larger."
    return None, "Train for more epochs, with everything else the same."


def _not_a_number(history: History) -> Verdict | None:
    """Diverged where the validation loss or the steps' loss ends as something that is not a number."""
    for what, losses in (("validation loss", history.validation_loss), ("loss of a step", history.step_loss)):
        if losses and not math.isfinite(losses[-1]):
            evidence = f"The last {what} is {losses[-1]}, which is not a finite number."
            if any(map(math.isfinite, losses)):
                return Verdict(DIVERGED, None, evidence, TOO_HIGH, LOWER)
            # No rate can spoil the first loss: it is worked out before the first step.
            first_try = (
                "Look for a missing value or a wrong label in the data, then try a smaller learning rate."
            )
            return Verdict(DIVERGED, None, evidence, None, first_try)
    return None


def _one_class(history: History, number: int) -> bool | None:
    """Is every answer of one evaluation the same class? By its counts, else its scores; None if unknown."""
    counts, accuracy = history.predicted_counts[number], history.accuracy[number]
    macro_f1 = history.macro_f1[number]
    if counts is not None:
        return sum(count > 0 for count in counts.values()) == 1
    if accuracy is None:
        return None
    if history.always_neutral is not None:
        return abs(accuracy - history.always_neutral) < SAME_ACCURACY
    if macro_f1 is None or not (0 < accuracy < 1 and 0 < macro_f1 < 1):
        return None
    # One class of k for everything has an F1 of 2a / (1 + a), a being the accuracy, and the others have none.
    classes = 2 * accuracy / (1 + accuracy) / macro_f1
    return 1.5 < classes < math.inf and abs(classes - round(classes)) < SAME_CLASSES


def _more_classes_before(history: History) -> bool:
    """Were there more classes before, the start apart, where answers are a matter of chance?"""
    return any(at > 0 and _one_class(history, i) is False for i, at in enumerate(history.at))


def _overfitting(losses: list[float], curve: _Curve) -> bool | None:
    """Has the validation loss turned while the training loss fell on? The start counts among the losses."""
    best = losses.index(min(losses))
    if len(losses) - 1 - best < PATIENCE or curve.last <= losses[best] + curve.margin:
        return False
    # A mean over the steps before the turn is higher for what was still being learned then.
    since = curve.training[best + curve.history.training_lags :]
    known = [loss for loss in since if loss is not None]
    if len(known) < 2:
        return None
    by_heart = known[-1] < HARDLY_MOVED * curve.start  # there is next to nothing left to fall
    return known[-1] < curve.start and (by_heart or known[-1] < known[0] - LEAST_MARGIN * curve.start)
