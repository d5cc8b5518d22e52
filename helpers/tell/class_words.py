"""ImageNet's classes in words that people use: a "Weimaraner" is a dog, and an "alp" is a mountain."""

from functools import cache

# What classes are called beside their own names; "first – last": all between, in ImageNet's order.
CALLED = """
    fish: tench – stingray, barracouta – puffer, coral reef
    bird: cock – great grey owl, black grouse – black swan, white stork – albatross
    frog: bullfrog – tailed frog
    turtle: loggerhead – box turtle
    lizard: banded gecko – Komodo dragon
    snake: thunder snake – sidewinder
    spider: black and gold garden spider – wolf spider, spider web
    crab: Dungeness crab – king crab, hermit crab
    dog: Chihuahua – Mexican hairless, dogsled
    wolf: timber wolf – red wolf, coyote
    fox: red fox – grey fox
    cat: tabby – Egyptian cat
    bear: brown bear – sloth bear
    insect: tiger beetle – damselfly
    butterfly: admiral – lycaenid
    rabbit: wood rabbit – Angora
    animal: wallaby – wombat, timber wolf – grey fox, cougar – cheetah, hog – gazelle, zebra, Arabian camel
        – llama, weasel – badger, brown bear – meerkat, hamster – guinea pig, Indian elephant – giant panda
    sheep: ram – bighorn
    cow: ox – bison
    horse: sorrel, horse cart
    monkey: orangutan – squirrel monkey
    elephant: tusker, Indian elephant – African elephant
    whale: grey whale – killer whale
    car: ambulance, beach wagon, cab, car mirror, car wheel, convertible, go-kart, golfcart, grille, jeep,
        limousine, minivan, Model T, police van, racer, sports car
    truck: fire engine, garbage truck, moving van, pickup, snowplow, tow truck, trailer truck
    bus: minibus, school bus, trolleybus
    train: bullet train, electric locomotive, freight car, passenger car, steam locomotive, streetcar
    boat: aircraft carrier, canoe, catamaran, container ship, dock, fireboat, gondola, lifeboat, liner,
        pirate, schooner, speedboat, trimaran, wreck, yawl
    plane: airliner, warplane, wing
    bike: bicycle-built-for-two, mountain bike, tricycle, unicycle
    motorcycle: crash helmet, moped, motor scooter
    street: cab, manhole cover, parking meter, street sign, streetcar, traffic light, trolleybus
    shop: bakery, barbershop, bookshop, butcher shop, confectionery, grocery store, shoe shop, tobacco shop,
        toyshop
    building: bell cote, boathouse, castle, church, cinema, dome, library, monastery, mosque, palace,
        planetarium, prison, stupa, tile roof, triumphal arch
    bridge: steel arch bridge, suspension bridge, viaduct
    mountain: alp, volcano, valley
    snow: bobsled, dogsled, ski, ski mask, snowmobile, snowplow
    sea: breakwater, promontory, sandbar, seashore, coral reef
    beach: sandbar, seashore
    pool: bathing cap, snorkel, swimming trunks
    kitchen: caldron, Crock Pot, dishwasher, Dutch oven, espresso maker, frying pan, microwave, mixing bowl,
        plate rack, refrigerator, rotisserie, spatula, stove, toaster, waffle iron, wok
    bathroom: bath towel, bathtub, medicine chest, plunger, shower cap, shower curtain, soap dispenser,
        toilet seat, toilet tissue, tub, washbasin
    bed: crib, four-poster, pillow, quilt, studio couch
    furniture: bookcase, chiffonier, china cabinet, desk, dining table, entertainment center, file, folding
        chair, home theater, rocking chair, studio couch, table lamp, throne, wardrobe
    computer: computer keyboard, desktop computer, hand-held computer, laptop, monitor, mouse, notebook,
        screen, space bar, typewriter keyboard
    phone: cellular telephone, dial telephone, pay-phone
    food: guacamole – potpie, burrito, plate, soup bowl
    fruit: Granny Smith – pomegranate
    vegetable: head cabbage – mushroom
    drink: beer bottle, beer glass, coffee mug, cup, eggnog, espresso, goblet, pop bottle, red wine, wine
        bottle
    music: accordion, acoustic guitar, banjo, bassoon, cello, cornet, drum, electric guitar, flute, French
        horn, grand piano, harmonica, harp, marimba, microphone, oboe, organ, sax, stage, steel drum,
        trombone, upright, violin
    ball: baseball, basketball, croquet ball, golf ball, ping-pong ball, rugby ball, soccer ball, tennis
        ball, volleyball
    game: ballplayer, baseball, basketball, football helmet, racket, rugby ball, scoreboard, soccer ball,
        tennis ball, volleyball
    flower: daisy, rapeseed, yellow lady's slipper
    mushroom: coral fungus – bolete
    text: book jacket, comic book, crossword puzzle, menu, web site
"""
# What to say instead of names that hardly anybody says.
PLAINLY = """
    mountain: alp
    coast: promontory, breakwater
    beach: seashore, sandbar
    lake: lakeside
    taxi: cab
    ship: liner
    plane: airliner
    train: passenger car, freight car
    race car: racer
    car: beach wagon
    bike: bicycle-built-for-two, mountain bike
    fence: worm fence, picket fence, chainlink fence
    tent: mountain tent
    terrace: patio
    couch: studio couch
    bed: four-poster
    bathtub: tub
    sink: washbasin
    toilet: toilet seat
    toilet paper: toilet tissue
    cabinet: file
    bin: ashcan
    laptop: notebook
    swimsuit: maillot, maillot tank suit
    baseball: ballplayer
    tennis: racket
    shoe: Loafer
    saxophone: sax
    piano: upright
    polar bear: ice bear
    horse: sorrel
    rooster: cock
    elephant: tusker
    cow: ox
    pig: hog
"""


@cache
def class_words(classes: tuple[str, ...]) -> list[list[str]]:
    """For every class (C) the words that people use: `"Weimaraner"` -> `["weimaraner", "dog"]`.

    Classes that are not ImageNet's have no words but their own names.
    """
    places = {name: i for i, name in reversed([*enumerate(classes)])}
    words = [[name.lower()] for name in classes]
    for word, numbers in _members(PLAINLY, places):
        for i in numbers:
            words[i] = [word]
    for word, numbers in _members(CALLED, places):
        for i in numbers:
            words[i] += [word] * (word not in words[i])
    return words


def _members(table: str, places: dict[str, int]):
    """(word, the numbers of its classes), as far as `places` has them, for every line of a table."""
    for line in table.strip().replace("\n        ", " ").splitlines():
        word, _, members = line.partition(": ")
        for member in members.split(", "):
            first, _, last = member.partition(" – ")
            if {first, last or first} <= places.keys():
                yield word.strip(), range(places[first], places[last or first] + 1)
