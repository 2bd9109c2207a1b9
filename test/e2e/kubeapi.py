"""A small client of an API server: requests and watches with a kubeconfig's client certificate."""
import http.client
import json
import os
import ssl
import subprocess
import threading
import time
from urllib.parse import urlencode, urlparse


class ApiError(Exception):
    def __init__(self, status, body):
        super().__init__(f"{status}: {body[:300]}")
        self.status = status


class Cluster:
    """One API server. `name` is the one realkube.sh knows it by."""

    def __init__(self, name, kubeconfig):
        self.name, self.kubeconfig = name, kubeconfig
        out = subprocess.run(["kubectl", "--kubeconfig", kubeconfig, "config", "view", "--raw", "-o", "json"],
                             check=True, capture_output=True, timeout=30).stdout
        config = json.loads(out)
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        url = urlparse(cluster["server"])
        self.server, self.address, self.port = cluster["server"], url.hostname, url.port
        self.directory = os.path.dirname(kubeconfig)
        self.ca_file = cluster["certificate-authority"]
        self.tls = ssl.create_default_context(cafile=self.ca_file)
        self.tls.load_cert_chain(user["client-certificate"], user["client-key"])

    def connect(self, timeout=30):
        return http.client.HTTPSConnection(self.address, self.port, context=self.tls, timeout=timeout)

    def request(self, method, path, body=None, content_type="application/json"):
        connection = self.connect()
        try:
            headers = {"Content-Type": content_type} if body is not None else {}
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read().decode()
            if answer.status >= 300:
                raise ApiError(answer.status, text)
            return json.loads(text)
        finally:
            connection.close()

    def get(self, path):
        """The object, or None where there is none."""
        try:
            return self.request("GET", path)
        except ApiError as e:
            if e.status == 404:
                return None
            raise

    def items(self, path, **query):
        return self.request("GET", path + ("?" + urlencode(query) if query else ""))["items"]

    def pods(self, **query):
        return self.items("/api/v1/pods", **query)


class Event:
    """What a watch brought: `at` is this process's monotonic time of its arrival."""

    def __init__(self, cluster, kind, pod):
        self.at, self.cluster, self.kind, self.pod = time.monotonic(), cluster, kind, pod
        meta = pod["metadata"]
        self.uid, self.name, self.ns = meta["uid"], meta["name"], meta["namespace"]
        self.deleting = "deletionTimestamp" in meta
        self.origin = meta.get("labels", {}).get("stowage.dev/origin-uid", "")
        self.node = pod["spec"].get("nodeName", "")
        self.phase = pod.get("status", {}).get("phase", "")


class Recorder(threading.Thread):
    """Follows all pods of a cluster from when it is made, without a gap, and keeps every event."""

    def __init__(self, cluster):
        super().__init__(daemon=True, name="recorder-" + cluster.name)
        self.cluster, self.events, self.gaps = cluster, [], 0
        self.handlers = []  # called with each Event, on this thread
        first = cluster.request("GET", "/api/v1/pods")
        self.version = first["metadata"]["resourceVersion"]
        for pod in first["items"]:
            self.take("ADDED", pod)
        self.connection = None
        self.stopping = False
        self.start()

    def take(self, kind, pod):
        event = Event(self.cluster.name, kind, pod)
        self.events.append(event)
        for handler in list(self.handlers):
            handler(event)

    def run(self):
        while not self.stopping:
            try:
                self.follow()
            except (OSError, http.client.HTTPException, ValueError):
                time.sleep(0.2)  # the server was paused or killed: go on from where we were

    def follow(self):
        self.connection = self.cluster.connect(timeout=None)
        query = urlencode({"watch": 1, "resourceVersion": self.version, "allowWatchBookmarks": "true"})
        self.connection.request("GET", "/api/v1/pods?" + query)
        stream = self.connection.getresponse()
        while line := stream.readline():
            event = json.loads(line)
            if event["type"] == "ERROR":  # what was in between is lost
                self.gaps += 1
                self.version = self.cluster.request("GET", "/api/v1/pods")["metadata"]["resourceVersion"]
                return
            self.version = event["object"]["metadata"]["resourceVersion"]
            if event["type"] != "BOOKMARK":
                self.take(event["type"], event["object"])

    def stop(self):
        self.stopping = True
        if self.connection is not None and self.connection.sock is not None:
            try:
                self.connection.sock.shutdown(2)
            except OSError:
                pass


def containers_started(pod):
    """IDs of all containers of the pod that a status shows as having begun."""
    ids = set()
    for group in ("initContainerStatuses", "containerStatuses"):
        for status in pod.get("status", {}).get(group, []):
            for state in (status.get("state", {}), status.get("lastState", {})):
                for what in ("running", "terminated"):
                    if what in state and (state[what].get("containerID") or status.get("containerID")):
                        ids.add(state[what].get("containerID") or status["containerID"])
    return ids
