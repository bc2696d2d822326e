"""The marks that people set on Commons file pages: template names in all their spellings, and categories.

Names are compared folded (``markup.folded``: letter case, blanks, underscores and dashes do not count), so
one entry stands for "Retouched picture", "retouched_picture" and "RetouchedPicture". Add a name by writing it
in, with a comma.
"""

from __future__ import annotations

from faebot_hash.markup import folded


def _spellings(names: str) -> frozenset[str]:
    return frozenset(folded(name) for name in names.replace("\n", " ").split(","))


IDENTICAL_CATEGORY = "Faebot identified identical duplicates"

DUPLICATE = _spellings("""
Duplicate, Duplicated, Duplicates, Dup, Dupe, Duped, Dupl, Dupli, Duplicate of, Duplicate file,
Duplicate files, Duplicate image, Duplicate media, Duplicate photo, Duplicate speedy, Duplicated file,
Duplicated image, File duplicate, Image duplicate, Is duplicate, Isduplicate of, Exact duplicate,
Exact dup, Exact copy, Near duplicate, Possible duplicate, Possible duplicates, Potential duplicate,
Scaled-down duplicate, Scaled down, Scaled duplicate, Scaleddown dup, Smaller duplicate, Double,
Doubles, Double file, Double image, Doublon, Doublet, Doublette, Dublette, Dubletten, Duplikat,
Duplikate, Doppelt, Doppelte Datei, Doppel, Doppio, Doppione, Duplicat, Duplicata, Duplicado, Duplicada,
Duplicato, Duplicaat, Dubbel, Dubblett, Dublett, Dubleret, Duplikát, Duplikaat, Duplikatum,
Kaksoiskappale, Kopya, Yinelenen, Дубликат, Дублікат, Дубль, Копия, Двойник, Διπλότυπο, 重複, 重复,
重複ファイル, 중복, מיותר, כפילות, تكرار, مكرر, DPLA duplicate, F8, Speedy F8, SD F8, CSD F8, Merge,
Merge file,
Merge files, Merge images, Bad name, Badname, Bad file name, Bad filename, Wrong name, Incorrect name,
Misnamed, Redundant, Redundant file, Redundant image
""")

DELETION = _spellings("""
Delete, Delete file, Delete image, Delete because, Delete also, Deletion, Deletion request,
Deletion requested, Deletion template tag, Del, DR, DRbegin, Deletebatch, Deletemass, Vfd, Ifd, Afd,
Cfd, Proposed deletion, Nominated for deletion, Löschen, Löschantrag, Supprimer, Suppression, Borrar,
Cancella, Cancellare, Cancellazione, Apagar, Eliminar, Verwijderen, Nuweg, Usunąć, Usuń, Удалить,
К удалению, 削除, 删除, 刪除, 삭제, Speedy, Speedydelete, Speedy delete, Speedy deletion,
Speedy deletion request, Quick delete, Schnelllöschen, SLA, SD, CSD, Db, Uploader request, User request,
Author request, Test upload, Test page, Vandalism, Personal photos, Out of scope, Advertisement,
Copyvio, Copyviol, Copyright violation, Copyrightviolation, Urheberrechtsverletzung, Logo, Fair use,
Fairuse, Fair use delete, Non-free, Nonfree, Unfree, Unfree file, Unfree Flickr file, Flickrvionote,
Flickr no permission, No license, No license since, No licence, No licence since, Nolicense, Nld,
No permission, No permission since, Npd, No source, No source since, Nosource, No-source, Nsd,
Missing license, Missing permission, Missing source, Missing legal, Image permission,
Dw no source since, Dw image source, Dw-nsd, Derivative no source, No FoP, NoFoP, Hidden delete,
Wrong license, Superseded delete, Undelete, Temporarily undeleted
""")

KEPT = _spellings("""
Keep, Kept, Kept DR, Keep file, Keep local, Speedy keep, Speedykeep, Deletion kept,
Previous deletion request, Previous deletion, DR kept, DRkept, Not duplicate, Not a duplicate, Not dup,
No duplicate, Not exact duplicate, Similar but different, Do not delete, Donotdelete, Behalten, Conservé
""")

DERIVATIVE = _spellings("""
Retouched picture, Retouched, Retouched image, Retouched photo, Retouched file, Retouch, Retouched by,
Photoshopped, Manipulated, Digitally altered, Edited picture, Edited image, Derived from, Derived,
Derived version, Derivative, Derivative of, Derivative from, Derivative work, Derivative version,
Derivative versions, Derivatives, Derivate versions, Extracted from, Extracted, Extract from,
Extracted image, Extracted images, Extracted file, Extracted files, Image extracted, Images extracted,
Cropped, Cropped from, Cropped image, Cropped version, Crop from, Crop of, Cropped versions, Attrib,
Attrib SVG, Attribs, AutVec, Superseded, Superseded by, Supersedes, Superseded SVG, Superseded PNG,
Supersede, Restored, Restored version, Restoration, Restored picture, Restored from, Digitally restored,
Colorized, Colourized, Colorised, Colourised, Unretouched, Rotated version, Mirrored version, Flipped,
Flopped, Reversed image, Stitched from, Montage of, Collage from, Composite from
""")

OTHER_VERSIONS = _spellings("""
Other version, Other versions, Otherversion, Image other versions, Version of, Image version,
Vector version available, Vector version, Vva, Archival version, JPEG version, JPG version,
JPEG version of PNG, JPEG version of TIFF, PNG version, PNG with JPEG version, TIFF version,
TIF version, TIFF with JPEG version, Lossless version, Compressed version, Higher resolution available,
Larger image available, Low resolution version, Original version, Black and white version,
Color version, Colour version
""")

LICENCE_REVIEW = _spellings("""
LicenseReview, License review, License reviewed, Licence review, Licence reviewed, Lrw, Flickrreview,
Flickr review, Flickr reviewed, FlickreviewR, Flickreview, Flickr image reviewed, Picasareview, Picasa review,
Panoramioreview, Panoramio review, Ipernityreview, YouTubeReview, YouTube review, Vimeo review,
iNaturalistreview, iNaturalist review, Mapillary review, Pixabay review, Unsplash review, Instagram review,
Google photos review
""")

LICENCE = _spellings("""
Attribution only license, Attribution entertainment, Copyrighted free use, Copyrighted free use provided that,
Public domain, Publicdomain, No known copyright, No known copyright restrictions,
Flickr no known copyright restrictions, Free Art License, Licence Art Libre, Free screenshot, Free media,
Open Government Licence, Government Open Data License, Norwegian Licence for Open Government Data, NLOD,
Licence Ouverte, Etalab, Open Database License, ODbL, Geograph, Beerware, Artistic, Apache License, Expat,
Anti copyright, AntiCopyright, Kopimi, Copyleft, Heirs license, Custom license, Money, Currency, IUPAC,
Polishsymbol, Sovietpd, USAID, BArch License, BArch, NARA license, NoRightsReserved, CrownCopyright,
OTRS permission, Permission OTRS, PermissionOTRS, PermissionTicket, VRT permission, Permission
""")

LICENCE_WRAPPERS = _spellings("""
Self, Self2, Multi license, Multilicense, Multiple licenses, Dual license, License, Licence, Licensing,
License migration, Licensed PD, Licensed PD Art, Licensed PD Art two, Licensed PD scan, Licensed FOP,
PD Art, PD-Art two, PD scan, PD-Art 70, PD-Art YorckProject, Art Photo license, PD two, User license
""")

LICENCE_LAYOUT = _spellings("""
category, categories, cat, nocat, no category, lang, language, align, width, class, style, small, size
""")

AUTHOR = _spellings("""
author, authors, photographer, photographers, artist, artists, creator, creators, painter, sculptor, engraver,
illustrator, cartographer, architect, autor, auteur, fotograf, fotografo, urheber, 作者, автор
""")

NOBODY = _spellings("""
unknown, author unknown, unknown author, unknown photographer, anonymous, anonymous author, not known, n/a,
none, unstated, not stated, not provided, not given, see description, see below, see source, various, -, ?
""")

DRAWN = _spellings("""
Map, Mapsources, Diagram, Chart, Graph, Insignia, Coat of arms, COA,
COAInformation, COA blazon, Logo, PD-textlogo, PD-logo, PD-shape, PD-ineligible, PD-chem, PD-text logo,
PD-Coa-Germany, PD-Flag-Germany, Should be SVG, ShouldBeSVG, Should be text, Should be PNG, Convert to SVG,
Convert to vector, BadJPG, Bad JPG, BadJPEG, SVG, SVG created, Valid SVG, ValidSVG, Invalid SVG, Vector,
Created with, Inkscape, Screenshot, Free screenshot, Software screenshot, Wikimedia screenshot,
Wikipedia-screenshot, PD-algorithm, AI generated, AI-generated, PD-AI, Computer generated, CGI, Fractal,
Chemical structure, Chess diagram, BSicon, Pictogram, OpenStreetMap, OSM, Blank map, SVG map,
Population pyramid, Election apportionment diagram
""")
