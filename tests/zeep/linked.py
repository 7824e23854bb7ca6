#!/usr/bin/env python3
"""Reads the whole catalogue of a sandbox as JSON-LD, as another agency does, and judges it by the SHACL shapes of
CPSV-AP 3.2 with pyshacl, an independent validator. Its GeoJSON is read beside it: both must name the same places.

    linked.py --sandbox PATH_OF_SILTA
"""

import argparse
import json
import os
import pathlib
import sys
import urllib.parse
import urllib.request

import pyshacl
import rdflib

import sandbox

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SHARED = pathlib.Path(os.environ.get("SILTA_SHARED", ROOT.parent / "shared"))
SHAPES = SHARED / "specs/pat/cpsv-ap/cpsv-ap-SHACL.ttl"
KINDS = ("services", "channels", "service-points", "organisations")
CPSV = rdflib.Namespace("http://purl.org/vocab/cpsv#")
CV = rdflib.Namespace("http://data.europa.eu/m8g/")
DCT = rdflib.Namespace("http://purl.org/dc/terms/")


def pages(server, path, media_type):
    """Every page of a list, in a form."""
    cursor = None
    while True:
        query = {"limit": "20"} | ({"cursor": cursor} if cursor else {})
        url = f"{server}/r1/{sandbox.PROVIDER}/catalogue/{path}?{urllib.parse.urlencode(query)}"
        request = urllib.request.Request(url, headers={"X-Road-Client": sandbox.CONSUMER, "Accept": media_type})
        with urllib.request.urlopen(request, timeout=30) as answer:
            got = answer.headers["Content-Type"]
            if got != media_type:
                sys.exit(f"{path}: asked for {media_type}, got {got}")
            page = json.load(answer)
        yield page
        cursor = page.get("next")
        if not cursor:
            return


def graph_of(server):
    graph = rdflib.Graph()
    for kind in KINDS:
        for page in pages(server, kind, "application/ld+json"):
            graph.parse(data=json.dumps(page), format="json-ld")
    return graph


def judge(graph, shapes):
    conforms, _, text = pyshacl.validate(graph, shacl_graph=shapes, inference="none", meta_shacl=False)
    return conforms, text


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sandbox", required=True)
    silta = str(pathlib.Path(parser.parse_args().sandbox).resolve())
    if not SHAPES.exists():
        print(f"skipped: {SHAPES} is absent")
        return
    shapes = rdflib.Graph().parse(SHAPES)
    with sandbox.started(silta) as (server, _):
        graph = graph_of(server)
        counted = {kind: sum(len(page["items"]) for page in pages(server, kind, "application/json")) for kind in KINDS}
        features = [it for page in pages(server, "service-points", "application/geo+json") for it in page["features"]]
    services = set(graph.subjects(rdflib.RDF.type, CPSV.PublicService))
    channels = set(graph.subjects(rdflib.RDF.type, CV.Channel))
    organisations = {it for it in graph.subjects(rdflib.RDF.type, CV.PublicOrganisation) if (it, DCT.identifier, None) in graph}
    found = {"services": len(services), "channels and places": len(channels), "organisations": len(organisations)}
    places = counted["channels"] + counted["service-points"]
    expected = {"services": counted["services"], "channels and places": places, "organisations": counted["organisations"]}
    if found != expected or not services:
        sys.exit(f"the graph has {found}, the lists {expected}")
    if len(features) != counted["service-points"] or not any(it["geometry"] for it in features):
        sys.exit(f"{len(features)} features for {counted['service-points']} service points, or none with a position")
    conforms, text = judge(graph, shapes)
    if not conforms:
        sys.exit(text[:5000])
    # The judge must be able to say no.
    for predicate in (DCT.identifier, DCT.title, CV.hasCompetentAuthority):
        broken = rdflib.Graph()
        broken += graph
        broken.remove((min(services), predicate, None))
        if judge(broken, shapes)[0]:
            sys.exit(f"a service without {predicate} was found good")
    print(f"{found}: {len(graph)} statements, valid by CPSV-AP 3.2; {len(features)} features")


if __name__ == "__main__":
    main()
