"""Titles of groups: nouns that most of a group says, and few others."""

import random

import numpy as np
import pytest
from small_world import scenes

from helpers.sort.clustering import cluster_captions
from helpers.sort.naming import name_groups, tally
from helpers.sort.titles import noun_phrases
from helpers.sort.vectors import cut, singular


def titled(groups: list[list[str]]) -> list[str]:
    captions = [caption for group in groups for caption in group]
    labels = np.repeat(range(len(groups)), [len(group) for group in groups])
    return name_groups(tally([cut(caption) for caption in captions], labels, len(groups)))[0]


CAMP = ["a tent pitched at the campsite", "two tents pitched at the campsite", "a bear at the campsite"]
FARM = ["a cow grazing on the farm", "cows are grazing on the farm", "a sheep is grazing on the farm"]
ROOM = ["a cat in the living room", "a cake is in the living room", "a sofa in the living room"]
BALL = ["a boy kicks a ball in the street", "a girl kicks a ball", "two boys kick a ball on the grass"]
SWIM = ["a fire hydrant on the street", "a red fire hydrant", "a fire hydrant and a car"]


def test_a_title_is_a_noun_and_no_verb():
    assert titled([CAMP, FARM, ROOM, BALL, SWIM]) == [
        "Campsite",
        "Farm",
        "Living room",
        "Ball",
        "Fire hydrant",
    ]


def test_captions_tell_what_is_a_noun():
    counted = tally([cut(caption) for caption in (*CAMP, *FARM, *ROOM, *BALL, *SWIM)], np.zeros(15, int), 1)
    opening, ends = noun_phrases(counted)
    assert {"campsite", "tent", "farm", "room", "ball", "hydrant", "cow"} <= opening & ends
    assert not {"kick", "pitched", "grazing", "living", "fire"} & opening & ends
    assert {"living", "fire"} <= opening
    tags = tally([cut("kicks ball"), cut("pitched tent")], [0, 0], 1)
    assert {"kick", "pitched"} <= set.intersection(*noun_phrases(tags)), "no English sentence: nobody knows"


def test_of_equals_the_word_that_comes_first_makes_the_title():
    assert titled([["a zebra in the air"], ["a dog in the air"]]) == ["Zebra", "Dog"]


def test_a_word_that_others_share_gets_company():
    dogs = ["a dog on the beach", "a dog runs on the beach", "the dog is on a beach"]
    others = ["a dog in the snow", "two dogs in the snow", "a dog runs in the snow"]
    assert titled([dogs, others]) == ["Beach", "Snow"]
    more = ["a dog is running", "the dog is running", "two dogs are running"], ["the dog is here"] * 3
    assert titled([*more]) == ["Running dog", "Dog"]


def test_a_word_that_fewer_than_half_say_says_so():
    mixed = ["a dog in the air", "a cup on the table", "a dog with a hat", "a bike in the rain", "a bus"]
    assert titled([mixed, FARM]) == ["Dog and more", "Farm"]
    assert titled([[f"a {thing}" for thing in ("dog", "cup", "hat", "bus", "bike")], FARM]) == [
        "Mixed",
        "Farm",
    ]


@pytest.mark.parametrize(("n", "k"), [(12, 5), (60, None), (300, 14)])
def test_half_of_a_group_say_each_word_of_its_title(n, k):
    captions, _ = scenes(n)
    groups = cluster_captions(captions, k)
    for group, title in enumerate(groups.names):
        said = [cut(captions[i]).content for i in np.flatnonzero(groups.labels == group)]
        words = title.lower().rstrip(" 0123456789").split()
        if words not in (["others"], ["mixed"]) and words[-2:] != ["and", "more"]:
            for word in words:
                assert word == "and" or sum(singular(word) in text for text in said) >= len(said) / 2, title


def test_sixty_captions_do_not_fall_into_as_many_groups_as_are_tried():
    captions, _ = scenes(900, unnamed=0)
    draw = random.Random(0)
    found = []
    for _ in range(3):
        found.append(cluster_captions(draw.sample(captions, 60)).k)
    assert np.mean(found) < 14 and min(found) >= 7, found
