"""Takes whose submission stays unknown, made and looked at."""

from musicapp_pipeline_tests.generation.money_world import money_world


def parked(folder, **server):
    """A world whose provider does not list what its jobs are for: a person says what became of
    what is in doubt."""
    return money_world("sqlite", folder, dialect="sglang", **server)


def lose_answer(world) -> str:
    world.server.script("create", "lose_response")
    (made,) = world.admit(0)
    world.drive()
    assert (world.states(), world.statuses()) == (["unknown"], ["unknown"])
    return made.version.id


def posts(world) -> int:
    return sum(r.method == "POST" for r in world.server.requests)


def lists(world) -> int:
    return sum(r.method == "GET" and len(r.segments) == 2 for r in world.server.requests)


def hide_from_list(world, *ids: str) -> list[str]:
    """Jobs that the list does not show until they are taken from the list that is returned."""
    hidden, page = list(ids), world.server._list

    def without(request):
        answer = page(request)
        answer.body["data"] = [j for j in answer.body["data"] if j["id"] not in hidden]
        return answer

    world.server._list = without
    return hidden


def tell(world, **changed) -> None:
    """What the list says of its jobs."""
    page = world.server._list

    def other(request):
        answer = page(request)
        for told in answer.body["data"]:
            told.update({name: say(told[name]) for name, say in changed.items()})
        return answer

    world.server._list = other
