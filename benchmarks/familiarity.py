"""Which pictures look familiar to a captioner: `python benchmarks/familiarity.py --captioner FILE`.

Prints a row for each kind of pictures, and the share of them that is not below the limit: Flickr8k's
validation and test pictures (--data), other photographs by what their captions name (--coco), drawn scenes,
pages of text, noise.
"""

if __name__ == "__main__":  # Ctrl-C is quiet from the first moment on
    from helpers.base.commands import leave_quietly

    leave_quietly()

import sys

from helpers.base.commands import command_parser
from helpers.base.errors import run_command


def main(arguments=None) -> None:
    """Measure and print."""
    example = "--data data/flickr8k --coco FOLDER"
    parser = command_parser("python benchmarks/familiarity.py", __doc__, example)
    parser.add_argument("--captioner", metavar="FILE", help="by default that of photographs, which ships")
    parser.add_argument(
        "--data", metavar="FLICKR8K", help="the folder of Flickr8k, whose rows are left out else"
    )
    parser.add_argument("--coco", metavar="FOLDER", help="photographs with captions, such as COCO's")
    options = parser.parse_args(arguments)
    from helpers.tell.captioner import SHIPPED_PHOTOS, Captioner  # takes seconds, and --help should not wait
    from helpers.tell.strangers import rates

    captioner = Captioner.load(options.captioner or SHIPPED_PHOTOS)
    found = rates(captioner, "flickr8k" if options.data else None, options.data, options.coco)
    for name, (count, share) in found.items():
        print(f"{name:30}{count:6,} pictures  {share:7.1%} familiar")


if __name__ == "__main__":
    sys.exit(run_command(main, "Nothing was measured to its end."))
