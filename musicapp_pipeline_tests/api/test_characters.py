"""Characters: the bible, the primary one, deleting."""

from musicapp_pipeline_tests.api.client import Api
from musicapp_pipeline_tests.api.steps import new_project, planned, png, upload, wav
from musicapp_pipeline_tests.api.world import World


def test_the_bible_is_free_json(api: Api) -> None:
    at = f"/api/projects/{new_project(api)['id']}/characters"
    bible = {"face": "tan skin", "tattoos": {"left": ["rose", 3]}, "wardrobe_lock": "hoodie"}
    made = api.post(at, json={"name": "A", "bible": bible}).json()
    assert made["bible"] == bible
    half = api.post(
        at,
        content=rb'{"name": "A", "bible": {"x": "\ud800"}}',
        headers={"content-type": "application/json"},
    )
    assert half.status_code == 422
    deep: dict = {}
    for _ in range(20):
        deep = {"x": deep}
    assert api.post(at, json={"name": "A", "bible": deep}).status_code == 422


def test_there_is_one_primary_character(api: Api) -> None:
    at = f"/api/projects/{new_project(api)['id']}/characters"
    first = api.post(at, json={"name": "A", "isPrimary": True}).json()
    second = api.post(at, json={"name": "B", "isPrimary": True}).json()
    listed = api.get(at).json()
    assert [(c["name"], c["isPrimary"]) for c in listed] == [("B", True), ("A", False)]
    api.put(f"{at}/{first['id']}", json={"isPrimary": True})
    assert api.get(f"{at}/{second['id']}").json()["isPrimary"] is False


def test_a_reference_image_must_be_a_picture(api: Api) -> None:
    at = f"/api/projects/{new_project(api)['id']}/characters"
    picture, song = upload(api, "a.png", png())["url"], upload(api, "a.wav", wav())["url"]
    made = api.post(at, json={"name": "A", "referenceImageUrl": picture})
    assert made.status_code == 201
    assert api.get(made.json()["referenceImageUrl"]).headers["content-type"] == "image/png"
    assert api.post(at, json={"name": "A", "referenceImageUrl": song}).status_code == 422
    cleared = api.put(f"{at}/{made.json()['id']}", json={"referenceImageUrl": None}).json()
    assert cleared["referenceImageUrl"] is None


def test_deleting_a_character_that_scenes_use_names_them(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    made = api.post(f"{at}/characters", json={"name": "A"}).json()
    used = [s["id"] for s in scenes[:2]]
    for scene_id in used:
        api.put(f"{at}/scenes/{scene_id}", json={"characterIds": [made["id"]]})
    assert api.get(f"{at}/characters/{made['id']}").json()["appearanceCount"] == 2
    here = f"{at}/characters/{made['id']}"
    refused = api.delete(here)
    assert refused.status_code == 409
    assert [e["value"] for e in refused.json()["errors"] if e["field"] == "sceneId"] == used
    assert api.delete(here + "?force=true").status_code == 204
    assert api.get(here).status_code == 404
    assert all(s["characterIds"] == [] for s in api.get(f"{at}/scenes").json())


def test_deleting_the_primary_asks_for_the_performances_it_sings(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    made = api.post(f"{at}/characters", json={"name": "A", "isPrimary": True}).json()
    singing = [s["id"] for s in scenes if s["sceneType"] == "performance"]
    assert singing
    refused = api.delete(f"{at}/characters/{made['id']}")
    assert [e["value"] for e in refused.json()["errors"] if e["field"] == "sceneId"] == singing
    counted = api.get(f"{at}/characters").json()[0]["appearanceCount"]
    assert counted == len(singing)


def test_an_unused_character_is_deleted_at_once(api: Api) -> None:
    at = f"/api/projects/{new_project(api)['id']}/characters"
    made = api.post(at, json={"name": "A"}).json()
    assert api.delete(f"{at}/{made['id']}").status_code == 204


def test_if_match_guards_characters(api: Api) -> None:
    at = f"/api/projects/{new_project(api)['id']}/characters"
    made = api.post(at, json={"name": "A"})
    here, tag = made.headers["location"], made.headers["etag"]
    assert api.put(here, json={"name": "B"}, headers={"If-Match": tag}).status_code == 200
    assert api.put(here, json={"name": "C"}, headers={"If-Match": tag}).status_code == 412
