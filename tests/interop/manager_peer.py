# SPDX-FileCopyrightText: 2026 The AioProcessing authors
# SPDX-License-Identifier: MIT
"""The Python side of tst_python_manager: stock multiprocessing.managers, as whoever uses it would write it.
manager_peer.py client ADDRESS KEY: uses every type of the server there, and prints "done".
manager_peer.py shared ADDRESS KEY: answers what comes through the published queue "jobs", until it is None.
manager_peer.py hold ADDRESS KEY: takes the published lock "lock", says so, and stays.
manager_peer.py keep ADDRESS KEY: the same with five objects of its own, one of which it puts into the published "results".
manager_peer.py adopt ADDRESS KEY: takes that one out, says so, and uses it when "event" is set; says how many objects there are.
manager_peer.py churn ADDRESS KEY: says so, and makes objects until it is killed.
manager_peer.py server KIND KEY: serves until its input ends; prints its address first."""
import gc
import multiprocessing
import queue
import sys
import threading
from multiprocessing.managers import BaseManager, RemoteError, SyncManager


def to_address(text):
    host, colon, port = text.rpartition(":")
    return (host, int(port)) if colon else text


def raises(kind, call, *args):
    try:
        call(*args)
    except kind as error:
        assert type(error) is kind, (type(error), kind)
        return
    raise AssertionError(f"{call} did not raise {kind}")


class Manager(SyncManager):
    pass


for name in ("jobs", "results", "lock", "event", "Counter"):
    Manager.register(name)


def containers(manager):
    numbers = manager.list([3, 1, 2])
    numbers.append("x")
    assert numbers[:] == [3, 1, 2, "x"] and len(numbers) == 4 and numbers[-1] == "x" and "x" in numbers
    assert numbers.pop() == "x"
    numbers.sort()
    assert numbers[:] == [1, 2, 3] and numbers[::-1] == [3, 2, 1] and list(reversed(numbers)) == [3, 2, 1]
    numbers.sort(reverse=True)
    assert str(numbers) == "[3, 2, 1]"
    numbers += [4, 5]
    numbers *= 2
    assert numbers.count(5) == 2 and numbers.index(4) == 3 and len(numbers) == 10
    del numbers[5:]
    numbers[1:3] = ["a", "b", "c"]
    assert numbers[:] == [3, "a", "b", "c", 4, 5] and numbers + [6] == [3, "a", "b", "c", 4, 5, 6]
    numbers[0] = (1, {"k": {2, 3}})
    assert numbers[0] == (1, {"k": {2, 3}})
    numbers.extend([7])
    numbers.insert(0, 0)
    numbers.remove(7)
    numbers.reverse()
    raises(IndexError, lambda: numbers[99])
    raises(ValueError, numbers.remove, "none")
    raises(ValueError, numbers.index, "none")
    raises(TypeError, numbers.sort)
    assert list(numbers) == [5, 4, "c", "b", "a", (1, {"k": {2, 3}}), 0]

    table = manager.dict({"b": 1}, a=2)
    table[(1, 2)] = [b"bytes", None, 1.5, 2 ** 70]
    assert table[(1, 2)] == [b"bytes", None, 1.5, 2 ** 70] and len(table) == 3 and (1, 2) in table
    assert list(table.keys()) == ["b", "a", (1, 2)] and list(table) == ["b", "a", (1, 2)]
    assert table.copy() == {"b": 1, "a": 2, (1, 2): [b"bytes", None, 1.5, 2 ** 70]}
    assert dict(table.items())["a"] == 2 and table.values()[0] == 1
    assert table.get("none") is None and table.get("none", 5) == 5 and table.setdefault("a", 9) == 2
    assert table.pop("b") == 1 and table.pop("none", 4) == 4
    table.update({"c": 3})
    del table["c"]
    assert table.popitem()[0] == (1, 2)
    raises(KeyError, lambda: table["none"])
    raises(KeyError, table.pop, "none")
    raises(TypeError, table.setdefault, [1])
    assert str(table) == "{'a': 2}"
    table.clear()

    # a list within a dictionary is the list itself
    table["list"] = manager.list([1])
    table["list"].append(2)
    assert table["list"][:] == [1, 2], table["list"][:]

    space = manager.Namespace()
    space.x = 1
    space._hidden = 2
    assert space.x == 1
    del space.x
    raises(AttributeError, lambda: space.x)

    value = manager.Value("i", 5)
    value.value += 1
    assert value.get() == 6
    array = manager.Array("i", [1, 2, 3])
    array[1] = 7
    assert array[1] == 7 and len(array) == 3
    raises(OverflowError, array.__setitem__, 0, 2 ** 40)


def queues(manager):
    items = manager.Queue(2)
    items.put({"n": [1, None]})
    items.put("second", timeout=5)
    assert items.full() and items.qsize() == 2
    raises(queue.Full, items.put, 3, False)
    raises(queue.Full, items.put_nowait, 3)
    raises(queue.Full, items.put, 3, True, 0.01)
    assert items.get() == {"n": [1, None]} and items.get(timeout=1) == "second" and items.empty()
    raises(queue.Empty, items.get, False)
    raises(queue.Empty, items.get_nowait)
    raises(queue.Empty, items.get, True, 0.01)
    items.task_done()
    items.task_done()
    items.join()
    raises(ValueError, items.task_done)
    got = []
    thread = threading.Thread(target=lambda: got.append(items.get()))
    thread.start()
    items.put("for the thread")
    thread.join()
    assert got == ["for the thread"]
    joinable = manager.JoinableQueue()
    joinable.put(1)
    joinable.get()
    joinable.task_done()
    joinable.join()


def synchronisation(manager):
    lock = manager.Lock()
    assert lock.acquire() and not lock.acquire(False) and not lock.acquire(True, 0.01)
    lock.release()
    raises(RuntimeError, lock.release)
    with lock:
        pass
    recursive = manager.RLock()
    assert recursive.acquire() and recursive.acquire()
    tries = []
    thread = threading.Thread(target=lambda: tries.append(recursive.acquire(False)))
    thread.start()
    thread.join()
    assert tries == [False]
    recursive.release()
    recursive.release()
    raises(RuntimeError, recursive.release)
    semaphore = manager.Semaphore(2)
    assert semaphore.acquire() and semaphore.acquire() and not semaphore.acquire(False)
    semaphore.release()
    bounded = manager.BoundedSemaphore(1)
    assert bounded.acquire()
    bounded.release()
    raises(ValueError, bounded.release)
    event = manager.Event()
    assert not event.is_set() and not event.wait(0.01)
    event.set()
    assert event.wait() and event.is_set()
    event.clear()
    condition = manager.Condition()
    raises(RuntimeError, condition.notify)
    state = []

    def turn():
        with condition:
            state.append(1)
            condition.notify_all()

    with condition:
        thread = threading.Thread(target=turn)
        thread.start()
        assert condition.wait_for(lambda: state, 20)
        assert not condition.wait(0.01)
    thread.join()
    with manager.Condition(lock):
        assert not lock.acquire(False)
    barrier = manager.Barrier(2)
    places = []
    thread = threading.Thread(target=lambda: places.append(barrier.wait()))
    thread.start()
    places.append(barrier.wait())
    thread.join()
    assert sorted(places) == [0, 1] and barrier.parties == 2 and barrier.n_waiting == 0 and not barrier.broken
    raises(threading.BrokenBarrierError, barrier.wait, 0.01)
    assert barrier.broken
    barrier.reset()
    barrier.abort()


def own_types(manager):
    counter = manager.Counter(5)
    assert counter.increment(2) == 7 and counter.value() == 7 and counter.later("word") == "word"
    raises(RuntimeError, counter.fail)
    raises(TypeError, counter.increment, "two")
    assert not hasattr(counter, "secret")
    raises(RemoteError, counter._callmethod, "secret")


# functions of a pool are those that the server's program has registered
def pools(manager):
    pool = manager.Pool(1)
    assert pool.apply("cubed", (3,)) == 27
    assert pool.map("cubed", [1, 2, 3]) == [1, 8, 27] and pool.starmap("cubed", [(4,)]) == [64] and pool.map("cubed", []) == []
    raises(TypeError, pool.apply, abs, (1,))
    pool.close()
    pool.join()


def refusals(manager):
    numbers = manager.list()
    raises(RemoteError, numbers._callmethod, "__class__")
    raises(RemoteError, numbers._callmethod, "deleteLater")
    raises(RemoteError, manager.list().__class__(numbers._token, "pickle", manager, exposed=("gone",))._callmethod, "gone")

    class Other(BaseManager):
        pass

    Other.register("system")
    other = Other(manager.address, bytes(manager._authkey))
    other.connect()
    raises(RemoteError, other.system)


role, where, key = sys.argv[1], sys.argv[2], sys.argv[3].encode()
if role == "server":
    server = SyncManager(("127.0.0.1", 0) if where == "tcp" else None, key)
    server.start()
    print(f"{server.address[0]}:{server.address[1]}" if isinstance(server.address, tuple) else server.address, flush=True)
    for line in sys.stdin:
        print(server._number_of_objects(), flush=True)
    server.shutdown()
    sys.exit()

multiprocessing.current_process().authkey = key     # with which proxies connect that come within values
client = Manager(to_address(where), key)
client.connect()
if role == "client":
    containers(client)
    queues(client)
    synchronisation(client)
    own_types(client)
    pools(client)
    refusals(client)
    gc.collect()        # tracebacks hold frames, which hold proxies
    assert client._number_of_objects() == 0, client._debug_info()
    print("done", flush=True)
elif role == "shared":
    jobs, results, event = client.jobs(), client.results(), client.event()
    event.wait()
    while (job := jobs.get()) is not None:
        results[job] = job * job
    print("done", flush=True)
elif role == "hold":
    lock = client.lock()
    lock.acquire()
    print("holds", flush=True)
    sys.stdin.read()
elif role == "keep":
    kept = [client.list([1]), client.dict(), client.Queue(), client.lock()]
    client._create("Namespace")         # and no further: the server's own reference for it is all there is
    client.results()["list"] = kept[0]
    kept[3].acquire()
    print("holds", flush=True)
    sys.stdin.read()
elif role == "adopt":
    items = client.results().pop("list")
    print("holds", flush=True)
    client.event().wait()
    items.append(2)
    assert items[:] == [1, 2], items[:]
    print(client._number_of_objects(), flush=True)
elif role == "churn":
    print("churns", flush=True)
    while True:
        client.dict()["list"] = client.list()
