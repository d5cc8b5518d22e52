"""Explorers to play with in the notebooks, where moving a slider teaches more than reading.

    data set      data_explorer                                     in helpers.picture_explorers
    vocabulary    vocabulary_explorer                               in helpers.word_explorers
    encoder       encoder_explorer                                  in helpers.picture_explorers
    decoder       caption_stepper                                   in helpers.stepper
    training      LiveTraining                                      in helpers.live
    decoding      beam_explorer, sampling_explorer                  in helpers.word_explorers
    a new picture upload_explorer                                   in helpers.word_explorers
    clustering    map_explorer, group_explorer, compare_explorer    in helpers.explorers

`explore` makes one of your own, from a function that draws and the controls that it listens to.
"""

from helpers.explorers import compare_explorer as compare_explorer
from helpers.explorers import group_explorer as group_explorer
from helpers.explorers import map_explorer as map_explorer
from helpers.live import LiveTraining as LiveTraining
from helpers.picture_explorers import data_explorer as data_explorer
from helpers.picture_explorers import encoder_explorer as encoder_explorer
from helpers.stage import explore as explore
from helpers.stepper import caption_stepper as caption_stepper
from helpers.word_explorers import beam_explorer as beam_explorer
from helpers.word_explorers import sampling_explorer as sampling_explorer
from helpers.word_explorers import upload_explorer as upload_explorer
from helpers.word_explorers import vocabulary_explorer as vocabulary_explorer
