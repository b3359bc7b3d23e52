"""An object store of the tests: an S3 server that checks signatures and policies, with keys a level."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Sequence
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

_BEFORE_POLICIES_COUNT = {"aws_access_key_id": "setup", "aws_secret_access_key": "setup"}
REGION = "us-east-1"


class ObjectStore:
    """An S3 server on a free port of 127.0.0.1; once `enforce` is called it obeys its policies."""

    def __init__(self) -> None:
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)

    def start(self) -> None:
        """Start it; it takes requests when this returns."""
        self._server.start()
        host, port = self._server.get_host_and_port()
        self.url = f"http://{host}:{port}"
        self._keys = _BEFORE_POLICIES_COUNT
        self.keys_of_root = self._user("root", {"Effect": "Allow", "Action": "*", "Resource": "*"})

    def stop(self) -> None:
        """Stop it and forget what it held."""
        self._allow_unchecked("inf")
        self._server.stop()

    def make_bucket(self, name: str) -> None:
        """Make an empty bucket."""
        self._client("s3").create_bucket(Bucket=name)

    def make_user(self, name: str, bucket: str, prefix: str) -> dict[str, str]:
        """Make a user who can do anything below *prefix* of *bucket* and nothing else; return its keys."""
        below = {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            "Resource": f"arn:aws:s3:::{bucket}/{prefix}/*",
        }
        listing = {
            "Effect": "Allow",
            # This server asks for the right to delete several at once of the bucket; S3 asks for
            # each object.
            "Action": ["s3:ListBucket", "s3:DeleteObject"],
            "Resource": f"arn:aws:s3:::{bucket}",
        }
        return self._user(name, below, listing)

    def enforce(self) -> None:
        """From now on, refuse whatever no policy allows."""
        self._allow_unchecked("0")
        self._keys = self.keys_of_root

    def _allow_unchecked(self, requests: str) -> None:
        request = urllib.request.Request(  # noqa: S310 - our own server
            f"{self.url}/moto-api/reset-auth",
            data=requests.encode(),
            headers={"Content-Type": "text/plain"},
        )
        urllib.request.urlopen(request).close()  # noqa: S310 - as above

    def empty(self, bucket: str) -> None:
        """Delete every object of *bucket*."""
        client = self._client("s3")
        for name in self.objects(bucket):
            client.delete_object(Bucket=bucket, Key=name)

    def objects(self, bucket: str) -> dict[str, bytes]:
        """Return the content of every object of *bucket*, by name."""
        client = self._client("s3")
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        names = [found["Key"] for page in pages for found in page.get("Contents", ())]
        return {name: client.get_object(Bucket=bucket, Key=name)["Body"].read() for name in names}

    def _user(self, name: str, *statements: dict[str, Any]) -> dict[str, str]:
        policy = {"Version": "2012-10-17", "Statement": statements}
        client = self._client("iam")
        client.create_user(UserName=name)
        client.put_user_policy(
            UserName=name, PolicyName="levels", PolicyDocument=json.dumps(policy)
        )
        made = client.create_access_key(UserName=name)["AccessKey"]
        return {
            "aws_access_key_id": made["AccessKeyId"],
            "aws_secret_access_key": made["SecretAccessKey"],
        }

    def _client(self, service: str) -> Any:
        return boto3.client(service, endpoint_url=self.url, region_name=REGION, **self._keys)  # pyright: ignore[reportCallIssue, reportArgumentType] - typed a service


def reaching(url: str) -> dict[str, Any]:
    """Return the storage options that reach the server at *url*, keys left out."""
    return {"endpoint": url, "allow_http": "true", "region": REGION, "client_max_retries": "1"}


def all_holding(objects: dict[str, bytes], phrase: str) -> Sequence[str]:
    """Return the names of the objects that hold *phrase*."""
    return [name for name, content in objects.items() if phrase.encode() in content]
