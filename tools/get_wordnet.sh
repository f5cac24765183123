#!/bin/sh
# Fetch WordNet 3.0 for the synonyms augmenter and lay it out as NLTK reads it. Best effort: says
# nothing on success, one line on failure, and always exits 0, because augmentation can go on without.
#
#   sh tools/get_wordnet.sh            into ${SFT_CACHE:-.cache}/nltk_data/corpora/wordnet
#
# Source: /usr/share/wordnet where Debian's packages are installed, else the two packages are
# downloaded (no root needed) and unpacked without being installed.
set -u
cache=${SFT_CACHE:-.cache}
target=$cache/nltk_data/corpora/wordnet
packages="wordnet-base wordnet-sense-index"
needed="cntlist.rev index.sense index.adj index.adv index.noun index.verb data.adj data.adv data.noun data.verb \
adj.exc adv.exc noun.exc verb.exc"

give_up() {
    echo "get_wordnet: $1; the synonyms augmenter will be skipped. By hand: apt-get install $packages, then run this again." >&2
    exit 0
}

[ -s "$target/lexnames" ] && exit 0
source=/usr/share/wordnet
if [ ! -s "$source/data.noun" ] || [ ! -s "$source/index.sense" ]; then
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || give_up "apt-get or dpkg-deb is not there"
    work=$cache/wordnet
    mkdir -p "$work" || give_up "$work cannot be written"
    # apt's download helper runs as another user, which may not enter our folder: a warning, not an error.
    fetch() { (cd "$work" && apt-get download -qq $packages >/dev/null 2>&1); }
    if ! fetch; then
        [ "$(id -u)" = 0 ] && apt-get update -qq >/dev/null 2>&1
        fetch || give_up "apt-get download $packages failed (no network, or no package lists: apt-get update)"
    fi
    for file in "$work"/*.deb; do
        dpkg-deb -x "$file" "$work" || give_up "$file is not readable"
    done
    source=$work/usr/share/wordnet
fi
# Copies, not links: NLTK refuses links that lead out of its folder. `lexnames` is missing from the
# packages; it comes last, so that its presence says that the folder is complete.
mkdir -p "$target" || give_up "$target cannot be written"
for name in $needed; do
    cp "$source/$name" "$target/$name" || give_up "$source/$name is missing"
done
number=0
for entry in adj.all:3 adj.pert:3 adv.all:4 noun.Tops:1 noun.act:1 noun.animal:1 noun.artifact:1 noun.attribute:1 \
    noun.body:1 noun.cognition:1 noun.communication:1 noun.event:1 noun.feeling:1 noun.food:1 noun.group:1 \
    noun.location:1 noun.motive:1 noun.object:1 noun.person:1 noun.phenomenon:1 noun.plant:1 noun.possession:1 \
    noun.process:1 noun.quantity:1 noun.relation:1 noun.shape:1 noun.state:1 noun.substance:1 noun.time:1 \
    verb.body:2 verb.change:2 verb.cognition:2 verb.communication:2 verb.competition:2 verb.consumption:2 \
    verb.contact:2 verb.creation:2 verb.emotion:2 verb.motion:2 verb.perception:2 verb.possession:2 verb.social:2 \
    verb.stative:2 verb.weather:2 adj.ppl:3; do
    printf '%02d\t%s\t%s\n' "$number" "${entry%:*}" "${entry#*:}"
    number=$((number + 1))
done >"$target/lexnames.part" && mv "$target/lexnames.part" "$target/lexnames"
rm -rf "$cache/wordnet"
