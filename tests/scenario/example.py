"""example.py PAGE NAME: the literal block of a manual page that follows the
words ".Pa ...NAME ,", as the page shows it."""
import re, sys

page, name = open(sys.argv[1], encoding="utf-8").read(), sys.argv[2]
part = page.split("\n.Sh EXAMPLES\n")[1].split("\n.Sh ")[0]
found = re.search(r"^\.Pa (?:\S*/)?%s( ,)?\n.*?^\.Bd -literal.*?\n(.*?)^\.Ed$" % re.escape(name), part, flags=re.M | re.S)
sys.stdout.write(re.sub(r"\\(.)", lambda m: {"e": "\\", "&": "", "-": "-"}[m[1]], found[2]))
