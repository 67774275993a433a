#!/usr/bin/env python3
"""The loop that the tester is compared with: append.py URL COUNT

One thread appends COUNT numbers to a list, each acknowledged by a majority, and prints the seconds between the first
acknowledgement and the last. Needs pymongo.
"""

import sys
import time

from pymongo import MongoClient
from pymongo.write_concern import WriteConcern


def main():
    url, count = sys.argv[1], int(sys.argv[2])
    client = MongoClient(url, retryWrites=False)
    lists = client["append_py"].get_collection("lists", write_concern=WriteConcern("majority"))
    lists.delete_many({})
    lists.insert_one({"_id": "list", "value": []})
    begun = None
    for number in range(count):
        lists.update_one({"_id": "list"}, {"$push": {"value": number}})
        # Finding the set and making a connection is nobody's loop.
        if begun is None:
            begun = time.perf_counter()
    took = time.perf_counter() - begun
    elements = lists.find_one({"_id": "list"})["value"]
    if elements != list(range(count)):
        sys.exit(f"{len(elements)} elements of {count} are there")
    client.drop_database("append_py")
    print(took)


main()
