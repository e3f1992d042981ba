"""From a song's analysis to planned scenes, prompts and estimates. Pure: no network, no clock.

Start at ``plan.plan_scenes`` and ``prompts.build_scene_prompt``; editing is in ``replan``,
``edits`` and ``resnap``, money in ``costs``, the optional chat model in ``director``.
"""
