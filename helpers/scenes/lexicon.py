"""The words: names of things and places with their synonyms, verbs, and how English bends them."""

NOUNS = {  # how people call a thing, and how often; the first is the usual word
    "man": {"man": 8, "guy": 1, "gentleman": 0.4},
    "woman": {"woman": 8, "lady": 1.2},
    "boy": {"boy": 8, "young boy": 1, "lad": 0.3},
    "girl": {"girl": 8, "young girl": 1},
    "dog": {"dog": 8, "puppy": 1.3, "hound": 0.3},
    "cat": {"cat": 8, "kitten": 0.8, "kitty": 0.3},
    "horse": {"horse": 8, "pony": 0.7},
    "cow": {"cow": 9},
    "sheep": {"sheep": 8, "lamb": 0.6},
    "duck": {"duck": 9, "duckling": 0.4},
    "bird": {"bird": 9},
    "camel": {"camel": 9},
    "elephant": {"elephant": 9},
    "bear": {"bear": 9},
    "car": {"car": 8, "automobile": 0.6},
    "bus": {"bus": 9, "coach": 0.4},
    "bicycle": {"bicycle": 3, "bike": 6, "cycle": 0.3},
    "boat": {"boat": 6, "sailboat": 3, "sailing boat": 0.6},
    "tractor": {"tractor": 9},
    "umbrella": {"umbrella": 9},
    "ball": {"ball": 9},
    "kite": {"kite": 9},
    "balloon": {"balloon": 9},
    "bench": {"bench": 9},
    "chair": {"chair": 8, "seat": 0.4},
    "sofa": {"sofa": 6, "couch": 3},
    "table": {"table": 9},
    "lamp": {"lamp": 9},
    "tent": {"tent": 9},
    "pot": {"pot": 8, "saucepan": 0.8},
    "cake": {"cake": 8, "birthday cake": 1.5},
    "tree": {"tree": 9},
    "snowman": {"snowman": 9},
    "sled": {"sled": 7, "sledge": 1},
    "surfboard": {"surfboard": 9},
    "cactus": {"cactus": 9},
}
RARE_NOUNS = {  # seen a handful of times each; a vocabulary threshold is there for them
    "man": ["chap", "bloke"], "woman": ["madam"], "boy": ["schoolboy", "youngster"],
    "girl": ["schoolgirl", "lass"],
    "dog": ["dachshund", "poodle", "terrier", "labrador", "spaniel", "mutt", "retriever"],
    "cat": ["tomcat", "feline", "tabby"], "horse": ["stallion", "mare", "steed"], "cow": ["heifer", "calf"],
    "sheep": ["ewe", "ram"], "duck": ["mallard", "drake"], "bird": ["sparrow", "finch", "robin"],
    "bear": ["grizzly"], "car": ["hatchback", "sedan", "taxi"], "bus": ["minibus", "omnibus"],
    "boat": ["yacht", "dinghy", "sloop"], "bicycle": ["pushbike"], "tent": ["marquee"], "cake": ["gateau"],
    "sofa": ["settee"], "umbrella": ["brolly"],
}  # fmt: skip
PLURALS = {
    "man": "men", "woman": "women", "sheep": "sheep", "gentleman": "gentlemen", "snowman": "snowmen",
    "cactus": "cacti", "child": "children", "calf": "calves", "gateau": "gateaux",
}  # fmt: skip
EXTRA_NOUNS = {
    "tree": {"beach": "palm tree", "desert": "palm tree", "forest": "fir tree", "snow": "fir tree"}
}

PLACE_WORDS = {  # any of these names the place, and none names two
    "beach": ["beach", "shore", "seashore", "seaside"],
    "street": ["street", "road", "avenue"],
    "park": ["park", "lawn"],
    "kitchen": ["kitchen", "kitchenette"],
    "living room": ["living room", "lounge", "sitting room", "parlour"],
    "farm": ["farm", "farmyard", "farmland", "field", "fields"],
    "harbour": ["harbour", "harbor", "port", "dock", "docks", "quay", "pier", "marina"],
    "campsite": ["campsite", "camp", "campground", "campfire"],
    "forest": ["forest", "woods", "woodland"],
    "desert": ["desert", "dunes"],
    "snow": ["snow", "snowy", "slope", "slopes"],
    "lake": ["lake", "lakeside", "lakeshore"],
}
WHERE = {  # place -> phrases for things on the ground, and how often
    "beach": {"on the beach": 9, "on a sandy beach": 3, "at the beach": 2, "at the seaside": 1,
              "by the seashore": 0.6, "near the shore": 1},
    "street": {"on the street": 9, "on a city street": 3, "in the street": 2, "by the road": 1,
               "on the avenue": 0.3},
    "park": {"in the park": 10, "in a green park": 3, "on the lawn": 1, "on the grass in the park": 1.5},
    "kitchen": {"in the kitchen": 11, "in a kitchen": 3, "in a bright kitchen": 1.5},
    "living room": {"in the living room": 10, "in a living room": 3, "in the lounge": 1,
                    "in a cosy living room": 1.2, "in the sitting room": 0.5},
    "farm": {"on the farm": 9, "on a farm": 4, "in a farm field": 1.5, "in the field": 1.2,
             "in the farmyard": 0.7},
    "harbour": {"at the harbour": 10, "on the quay": 1.4, "by the harbour": 2, "on the dock": 1,
                "at the port": 0.7},
    "campsite": {"at the campsite": 9, "at a campsite": 3, "by the campfire": 2, "in the camp": 0.8,
                 "at the campground": 0.4},
    "forest": {"in the forest": 10, "in the woods": 2, "in a green forest": 2, "in the woodland": 0.4},
    "desert": {"in the desert": 10, "in a hot desert": 2, "in the sandy desert": 1.5, "among the dunes": 1},
    "snow": {"in the snow": 10, "on a snowy slope": 3, "on the ski slope": 1.5, "in deep snow": 0.6},
    "lake": {"by the lake": 9, "at the lake": 3, "near a lake": 2, "at the lakeside": 0.8,
             "beside a calm lake": 0.8},
}  # fmt: skip
AFLOAT = {
    "beach": {"near the beach": 6, "off the beach": 3, "on the sea by the beach": 2, "near the shore": 2},
    "harbour": {"in the harbour": 9, "in a harbour": 2, "in the port": 1, "near the docks": 0.8,
                "at the harbour": 3},
    "lake": {"on the lake": 9, "on a calm lake": 2, "on a lake": 3, "in the lake": 3},
}  # fmt: skip
SCENERY = {  # the place as something to look at: "a sandy beach with …"
    "beach": ["sandy beach", "sunny beach", "beach"], "street": ["city street", "busy street", "street"],
    "park": ["green park", "park", "pretty park"], "kitchen": ["kitchen", "bright kitchen", "tidy kitchen"],
    "living room": ["living room", "cosy living room"], "farm": ["farm", "farm field", "quiet farm"],
    "harbour": ["harbour", "busy harbour", "small harbour"], "campsite": ["campsite", "dark campsite"],
    "forest": ["forest", "green forest", "quiet forest"], "desert": ["desert", "hot desert", "sandy desert"],
    "snow": ["snowy slope", "ski slope", "snowy mountain slope"],
    "lake": ["lake", "calm lake", "mountain lake"],
}  # fmt: skip
WHEN = {
    "day": {"on a sunny day": 4, "under a blue sky": 2, "in the sunshine": 2},
    "sunset": {"at sunset": 5, "as the sun sets": 1},
    "cloudy": {"on a cloudy day": 4, "under a grey sky": 2},
    "morning": {"in the morning": 3, "early in the morning": 1},
    "night": {"at night": 4, "under the stars": 2, "in the dark": 1},
}

# (class of subject or "") + action -> verb phrases and how often; {prop} is what they ride, hold or sit on.
VERBS = {
    "stand": {"stand": 9, "wait": 1},
    "people wave": {"wave": 6, "wave hello": 1, "greet us": 0.5},
    "wave": {"wave a paw": 3, "stand up": 2, "stand on two legs": 1},
    "walk": {"walk": 8, "wander": 1},
    "people walk": {"walk": 8, "stroll": 2, "take a walk": 1},
    "run": {"run": 8, "race": 0.7, "dash": 0.5},
    "people run": {"run": 8, "jog": 2},
    "horse run": {"run": 5, "gallop": 4, "trot": 1},
    "rest": {"sit": 4, "sit on the ground": 3, "relax": 1.5, "rest": 1},
    "sit": {"sit": 8},
    "sit seat": {"sit on {prop}": 8, "rest on {prop}": 0.8},
    "people sit seat": {"sit on {prop}": 9, "relax on {prop}": 1},
    "ride": {"ride {prop}": 9, "ride on {prop}": 1},
    "people sail": {"sail {prop}": 4, "sit in {prop}": 3, "ride in {prop}": 1},
    "sail": {"sail": 6, "float": 2, "drift": 0.6},
    "surf": {"surf on {prop}": 4, "ride {prop}": 2, "stand on {prop}": 1.5},
    "ski": {"ski": 8, "ski downhill": 2},
    "people fly": {"fly {prop}": 8, "play with {prop}": 1.5},
    "fly": {"fly": 8, "soar": 0.6},
    "balloon fly": {"float": 5, "fly": 3, "hang in the air": 1},
    "kite fly": {"fly": 8, "float in the wind": 1},
    "kick": {"kick {prop}": 6, "play with {prop}": 2, "play football with {prop}": 0.8},
    "throw": {"throw {prop}": 6, "toss {prop}": 1.5, "play with {prop}": 1.5},
    "hold": {"hold {prop}": 8, "carry {prop}": 1.5},
    "carry": {"carry {prop}": 5, "hold {prop}": 5},
    "build": {"build {prop}": 7, "make {prop}": 2},
    "chase": {"chase {prop}": 5, "play with {prop}": 4, "run after {prop}": 2},
    "sleep": {"sleep": 8, "nap": 1, "take a nap": 1},
    "sleep seat": {"sleep on {prop}": 8, "nap on {prop}": 1.5},
    "eat": {"eat grass": 5, "graze": 5},
    "spray": {"spray water": 6, "lift its trunk": 2},
    "swim": {"swim": 7, "float": 2, "paddle": 1.5},
    "drive": {"drive": 6, "drive along": 1.5, "move": 0.5},
    "park": {"be parked": 7, "stand": 2},
    "tent stand": {"stand": 4, "be pitched": 4, "be set up": 2},
    "thing seat": {"stand on {prop}": 4, "sit on {prop}": 4, "be served on {prop}": 0.5},
}  # fmt: skip
PASSIVE = {
    "ride": "ridden", "fly": "flown", "kick": "kicked", "throw": "thrown", "hold": "held",
    "carry": "carried", "build": "built", "chase": "chased",
}  # fmt: skip
RELATION = {
    "next to": {"next to": 7, "beside": 2, "near": 2, "with": 2},
    "left of": {"to the left of": 3, "on the left of": 1},
    "right of": {"to the right of": 3, "on the right of": 1},
    "behind": {"behind": 1},
    "in front of": {"in front of": 1},
    "under": {"under": 5, "beneath": 1},
}
OPPOSITE = {
    "next to": "next to", "left of": "right of", "right of": "left of", "behind": "in front of",
    "in front of": "behind",
}  # fmt: skip
SIZE = {"small": {"small": 5, "little": 4, "tiny": 1}, "big": {"big": 5, "large": 4, "huge": 1}}
MOOD = {  # pleasant words that many people add, then those that few do
    "people": ["happy", "smiling", "cheerful"],
    "animal": ["cute", "friendly", "happy"],
    "thing": ["pretty", "new", "nice"],
}  # fmt: skip
RARE_MOOD = {
    "people": ["jolly", "beaming", "graceful", "carefree", "elegant", "energetic", "thoughtful", "dapper",
               "merry", "sprightly", "radiant", "curious", "adventurous", "daring", "patient", "dreamy"],
    "animal": ["playful", "adorable", "majestic", "fluffy", "gentle", "sleek", "mischievous", "plump",
               "loyal", "shaggy", "bashful", "sturdy", "lovable", "frisky", "serene", "wise"],
    "thing": ["shiny", "splendid", "gleaming", "dazzling", "vivid", "handsome", "spotless", "charming",
              "magnificent", "quaint", "ornate", "glossy", "lovely", "fancy"],
}  # fmt: skip
RARE_ADVERBS = [
    "happily", "peacefully", "calmly", "proudly", "gleefully", "contentedly", "lazily", "merrily",
    "silently", "cheerfully", "bravely", "gently", "patiently", "joyfully",
]  # fmt: skip

_DOUBLED = {"run", "sit", "swim", "nap", "jog", "trot"}


def plural(noun):
    """Plural of a noun; of several words, the last one bends."""
    *first, last = noun.split()
    if last in PLURALS:
        bent = PLURALS[last]
    elif last.endswith(("s", "sh", "ch", "x")):
        bent = last + "es"
    elif last.endswith("y") and last[-2] not in "aeiou":
        bent = last[:-1] + "ies"
    else:
        bent = last + "s"
    return " ".join([*first, bent])


def article(phrase):
    """`phrase` with "a" or "an" before it."""
    return ("an " if phrase[0] in "aeiou" else "a ") + phrase


def third_person(verb):
    """he walks, she flies, it is."""
    if verb == "be":
        return "is"
    if verb.endswith(("s", "sh", "ch", "x", "ss")):
        return verb + "es"
    return verb[:-1] + "ies" if verb.endswith("y") and verb[-2] not in "aeiou" else verb + "s"


def participle(verb):
    """walking, riding, running."""
    if verb in _DOUBLED:
        return verb + verb[-1] + "ing"
    return verb[:-1] + "ing" if verb.endswith("e") and not verb.endswith("ee") else verb + "ing"
