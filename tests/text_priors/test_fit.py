"""Texts are believed as far as they predicted what captions of later weeks did."""

import html
from dataclasses import replace

import numpy as np
import pytest
from sklearn.feature_extraction.text import HashingVectorizer

from eros_assets.text_priors import fit as fitting
from eros_assets.text_priors.corpus import CHARACTERS, COLUMNS, Corpus, Weighting
from eros_assets.text_priors.rates import BUMP, PPV, FirstRates, rated
from tests.text_priors.worlds import World, world

UNTRIED = slice(700, None)


@pytest.fixture(scope="module")
def selling() -> World:
    return world(1, effect=0.6)


def test_words_that_sell_move_the_priors_of_untried_captions() -> None:
    """Over replications: predictions lie about the true factor, and judged weights near 1."""
    correlation, slope = [], []
    for seed in range(8):
        made = world(seed, effect=0.6)
        fit = made.fit(keep=True)
        assert fit.judgements[PPV].weight > 0
        ppvs = np.flatnonzero(made.message_type[UNTRIED] == PPV) + 700
        predicted, true = fit.multiplier[ppvs], made.factor[ppvs]
        correlation.append(np.corrcoef(predicted, true)[0, 1])
        slope.append(np.polyfit(predicted, true, 1)[0])
    assert np.mean(correlation) > 0.6
    assert 0.8 < np.mean(slope) < 1.6


def test_what_is_explained_is_no_more_than_words_do() -> None:
    """The variance of a factor e^(0.6 z) is e^0.36 - 1."""
    explained = [
        world(seed, effect=0.6).fit().judgements[PPV].explained_variance for seed in (1, 2)
    ]
    assert 0.02 < np.mean(explained) < np.expm1(0.36)


def test_words_that_tell_nothing_are_rarely_believed() -> None:
    """Two standard errors are passed by chance in one of forty judgements."""
    fits = [world(100 + seed, effect=0.0, captions=400, tried=400).fit() for seed in range(40)]
    believed = [judgement.weight > 0 for fit in fits for judgement in fit.judgements]
    assert np.mean(believed) < 0.08
    for fit in fits:
        for kind, judgement in enumerate(fit.judgements):
            of = np.arange(400) % 3 == 0 if kind == BUMP else np.arange(400) % 3 != 0
            assert np.isnan(fit.multiplier[of]).all() == (judgement.weight == 0)


def test_message_types_are_judged_apart(selling: World) -> None:
    """Where the words sell PPVs alone, Bumps start from the mean."""
    rng = np.random.default_rng(5)
    first = selling.first
    bumps = first.message_type == BUMP
    luck = np.where(bumps, rng.binomial(first.trials.astype(int), 0.3), first.successes)
    fit = replace(selling, first=replace(first, successes=luck.astype(float))).fit()
    assert fit.judgements[PPV].weight > 0
    assert fit.judgements[BUMP].weight == 0
    assert np.isnan(fit.multiplier[selling.message_type == BUMP]).all()


def test_a_captions_own_sends_are_not_in_its_prior(selling: World) -> None:
    """They are evidence that is counted after the prior; its twin learns of it."""
    last = 699
    texts = [*selling.texts[:-1], selling.texts[last]]
    kinds = [*selling.message_type[:-1], selling.message_type[last]]
    twins = replace(selling, texts=texts, message_type=np.array(kinds))
    shifts = []
    for bought in (0.0, 0.06):
        successes = selling.first.successes.copy()
        successes[last] = np.round(bought * selling.first.trials[last])
        fit = replace(twins, first=replace(selling.first, successes=successes)).fit()
        weight = fit.judgements[int(kinds[-1])].weight
        shifts.append((fit.multiplier[[last, 899]] - 1) / weight)
    own, twin = np.abs(shifts[1] - shifts[0])
    assert twin > 0.02
    assert own < 0.2 * twin


def test_a_fit_is_the_ridge_regression_of_scikit_learn(selling: World) -> None:
    from scipy.sparse import diags, hstack
    from sklearn.linear_model import Ridge

    corpus = Corpus(selling.texts)
    known = fitting._Known.of(corpus, rated(selling.first))
    model = fitting._fitted(known.features, known.captions)
    of = [known.captions.message_type == kind for kind in (PPV, BUMP)]
    centred = known.captions.excess.copy()
    for rows in of:
        centred[rows] -= np.average(centred[rows], weights=known.captions.weight[rows])
    own = [diags(rows.astype(float)) @ known.features for rows in of]
    ridge = Ridge(alpha=fitting.RIDGE, fit_intercept=False, solver="sparse_cg", tol=1e-9)
    ridge.fit(hstack([known.features, *own]).tocsr(), centred, sample_weight=known.captions.weight)
    shared, *types = np.split(ridge.coef_, 3)
    for kind, rows in enumerate(of):
        told = known.features[rows] @ (shared + types[kind])
        told -= np.average(told, weights=known.captions.weight[rows])
        ours = model.excess(known.features, known.captions.message_type)[rows]
        np.testing.assert_allclose(ours, told, atol=2e-3)


def test_the_order_of_rows_and_what_is_kept_change_nothing(selling: World) -> None:
    fit = selling.fit()
    first = selling.first
    shuffled = np.random.default_rng(2).permutation(first.caption.size)
    mixed = replace(selling, first=first.where(shuffled)).fit(keep=True)
    np.testing.assert_array_equal(fit.multiplier, mixed.multiplier)
    np.testing.assert_array_equal(fit.multiplier, selling.fit().multiplier)


def test_what_is_not_fitted_is_weighed_by_its_known_words(selling: World) -> None:
    """A text of unknown words starts from the mean."""
    texts = [*selling.texts[:-1], "zyx wvu tsr"]
    fit = replace(selling, texts=texts).fit()
    assert fit.multiplier[-1] == pytest.approx(1.0, abs=0.05)


def test_the_most_telling_words_are_named(selling: World) -> None:
    words = selling.fit().words
    effects = [word.effect for word in words]
    assert effects == sorted(effects, reverse=True)
    assert effects[0] > 0.01 > -0.01 > effects[-1]
    by_text = {word.text: word for word in words}
    assert {text.split()[0][:4] for text in by_text} == {"word"}
    for word in words:
        holding = sum(f" {word.text} " in f" {text} " for text in selling.texts[:700])
        assert 0 <= word.captions - holding <= 3  # another pair of words may have its hash
    best = [selling.factor[i] for i in range(700) if words[0].text in selling.texts[i].split()]
    assert not best or np.mean(best) > 1


@pytest.mark.parametrize("weight", [0.0, 0.5])
def test_the_weight_of_the_tuning_scales_what_is_said(selling: World, weight: float) -> None:
    whole, part = selling.fit(), selling.fit(weight=weight)
    if weight == 0:
        assert np.isnan(part.multiplier).all()
        assert part.words == ()
        return
    free = (whole.multiplier > 0.3) & (whole.multiplier < 3.9)
    np.testing.assert_allclose(
        part.multiplier[free] - 1, weight * (whole.multiplier[free] - 1), atol=2e-4
    )


@pytest.mark.parametrize("texts", [[], ["one"], ["", "", ""]])
def test_nothing_to_fit_is_no_error(texts: list[str]) -> None:
    none = np.zeros(0, dtype=np.int64)
    first = FirstRates(none, none, none, none, none, np.zeros(0), np.zeros(0))
    empty = World(texts, np.zeros(len(texts), dtype=np.int64), first, np.ones(len(texts)))
    assert np.isnan(empty.fit(least=2).multiplier).all()
    if texts:
        one = replace(
            first,
            **dict.fromkeys(("caption", "page", "tier", "message_type"), np.zeros(1, np.int64)),
            day=np.array([-3]),
            trials=np.array([100.0]),
            successes=np.array([0.0]),
        )
        assert np.isnan(replace(empty, first=one).fit(least=1).multiplier).all()


def test_no_success_of_a_type_leaves_the_other_as_it_is(selling: World) -> None:
    bumps = selling.first.message_type == BUMP
    first = replace(selling.first, successes=np.where(bumps, 0.0, selling.first.successes))
    fit = replace(selling, first=first).fit()
    assert fit.judgements[PPV].weight > 0
    assert fit.judgements[BUMP].captions == 0


def test_too_few_captions_are_not_fitted(selling: World) -> None:
    fit = selling.fit(least=701)
    assert np.isnan(fit.multiplier).all()
    assert fit.judgements[PPV].held_out == 0


def test_what_is_usual_follows_page_and_time() -> None:
    """A page that earns twice as much, and a month that does: neither is the caption's doing."""
    rng = np.random.default_rng(3)
    rows = 2000
    page, day = rng.integers(0, 3, rows), -1 - rng.integers(0, 280, rows)
    usual = 0.02 * np.array([1.0, 2.0, 0.5])[page] * np.where(day < -140, 1.6, 0.8)
    trials = np.full(rows, 2000.0)
    kind = np.zeros(rows, dtype=np.int64)
    successes = rng.binomial(2000, usual).astype(float)
    made = FirstRates(np.arange(rows), page, kind, kind, day, trials, successes)
    sends = rated(made)
    np.testing.assert_allclose(sends.expected / (2000 * usual), 1, atol=0.1)


def test_words_weigh_by_how_rare_they_are_in_the_fit() -> None:
    corpus = Corpus(["the cat sat", "the dog sat", "the end", "the cat"])
    counts = corpus.features(np.arange(4))
    weighting = Weighting.of(counts)
    rows = weighting.weighted(counts)
    words = weighting.columns[0].size
    assert words == 4  # the, cat, sat, "the cat": two captions hold each
    norms = np.sqrt(np.asarray(rows[:, :words].power(2).sum(axis=1)).ravel())
    assert (norms < 1 + 1e-12).all()
    names = corpus.names_of(np.arange(4), weighting.columns[0])
    assert set(names.values()) == {"the", "cat", "sat", "the cat"}


def test_characters_are_those_that_scikit_learn_finds_within_words() -> None:
    texts = [
        "Sunny  side up! &amp; so\tit is",
        "",
        "a",
        "\u2728 It's \u0130stanbul \u2728",
        "\n ",
        "so so SO",
    ]
    found = Corpus(texts).features(np.arange(len(texts)))[1]
    of_library = HashingVectorizer(
        n_features=COLUMNS,
        analyzer="char_wb",
        ngram_range=CHARACTERS,
        alternate_sign=False,
        norm=None,
        binary=True,
    )
    expected = of_library.transform([html.unescape(text) for text in texts])
    assert found.nnz == expected.nnz > 40
    assert (found != expected).nnz == 0
