"""Every word on the page, in both languages, in one table. No text of the page stands elsewhere.

`label` gives a text that the browser chooses by its own language: for what is on the page from the
start. `say` gives it in the language of a request: for what handlers answer.
"""

import gradio as gr
from gradio.i18n import I18nData

from jimeng_core.catalog import catalog

TEXTS: dict[str, tuple[str, str]] = {
    # Chinese first, then English.
    "title": ("即梦工作台", "JiMeng Studio"),
    "tagline": (
        "提交视频任务，立刻拿到 ID，随时回来查询。",
        "Submit a video, get its id at once, come back for it any time.",
    ),
    # Where tasks go
    "connection": ("连接", "Connection"),
    "backend": ("任务在哪里运行", "Where tasks run"),
    "backend_demo": ("演示", "Demo"),
    "backend_web": ("即梦", "JiMeng"),
    "backend_demo_about": (
        "演示后端就在这里运行，不需要账号；视频由你的图片排演而成。",
        "The demo runs here, without an account; its videos are rehearsals of your own pictures.",
    ),
    "backend_web_about": (
        "任务提交到即梦网站，消耗该账号的积分。",
        "Tasks go to the JiMeng site and cost credits of its account.",
    ),
    "token": ("sessionid", "sessionid"),
    "token_info": (
        "登录 jimeng.jianying.com 后，复制同名 Cookie 的值。不会保存。",
        "Log in at jimeng.jianying.com and copy the cookie of this name. It is kept nowhere.",
    ),
    "token_server": ("留空则使用服务器自己的凭证。", "Left empty, the server's own is used."),
    # Tabs and modes
    "first_last_frame": ("首尾帧", "First & last frame"),
    "multi_frame": ("智能多帧", "Multi-frame"),
    "subject_reference": ("主体参考", "Subject reference"),
    "image": ("图片", "Image"),
    "query": ("查询", "Look up"),
    # Fields
    "first_frame": ("首帧", "First frame"),
    "last_frame": ("尾帧", "Last frame"),
    "swap": ("交换首尾帧", "Swap the frames"),
    "drop_picture": ("放入图片", "Drop a picture"),
    "prompt": ("提示词", "Prompt"),
    "prompt_first_last": (
        "描述画面如何变化，例如：海浪缓缓拍岸，镜头向前推进",
        "What happens, for example: waves roll ashore while the camera moves in",
    ),
    "frames": ("图片（2 到 10 张，按顺序）", "Pictures (2 to 10, in order)"),
    "frame_prompts": ("每帧提示词，一行一帧", "Prompts, one line for each frame"),
    "frame_prompts_hint": (
        "第一帧：镜头推近\n第二帧：镜头转向大海",
        "First frame: the camera moves in\nSecond frame: it turns to the sea",
    ),
    "too_many_lines": (
        "提示词有 {lines} 行，图片有 {pictures} 张；请一行对应一张图片。",
        "There are {lines} lines and {pictures} pictures; write one line for each picture.",
    ),
    "frame_seconds": ("每帧秒数", "Seconds of each frame"),
    "total": ("共 {frames} 帧 · {seconds} 秒", "{frames} frames · {seconds} s in all"),
    "move_earlier": ("前移", "Move earlier"),
    "move_later": ("后移", "Move later"),
    "move_hint": ("先点选一张图片，再移动它。", "Select a picture first, then move it."),
    "subjects": ("主体图片（1 到 9 张）", "Pictures of the subjects (1 to 9)"),
    "prompt_subject": (
        "用 @图片1 指代第一张图片中的主体，例如：@图片1 的猫在沙滩上奔跑",
        "@图片1 stands for the subject of the first picture: @图片1 runs along the beach",
    ),
    "model": ("模型", "Model"),
    "duration": ("时长", "Length"),
    "seconds": ("{n} 秒", "{n} s"),
    "resolution": ("清晰度", "Resolution"),
    "ratio": ("比例", "Ratio"),
    "seed": ("种子", "Seed"),
    "random": ("随机", "random"),
    "more": ("更多设置", "More settings"),
    "no_more": ("该模型没有更多设置。", "This model has no more settings."),
    "fps": ("帧率", "Frames a second"),
    "fps_info": ("仅演示后端可调", "The demo only"),
    "audio": ("生成声音", "With sound"),
    # Submitting
    "submit": ("生成", "Generate"),
    "checking": ("检查中…", "Checking…"),
    "sending": ("提交中…", "Sending…"),
    "result": ("任务", "Task"),
    "task_id": ("任务 ID", "Task id"),
    "task_id_none": ("提交后出现在这里", "Appears here once it is sent"),
    "invite": (
        "任务一提交就有 ID。关掉页面也没关系，用 ID 随时可以查询。",
        "A task has its id at once. Close the page if you like: the id finds it any time.",
    ),
    "look_up_this": ("查询该任务", "Look it up"),
    "unconfirmed": (
        "任务可能已经存在，请先查询上面的 ID。",
        "The task may exist: look up the id above first.",
    ),
    # Looking up
    "ids": ("任务 ID", "Task ids"),
    "ids_hint": (
        "一个或多个 ID，用空格、逗号或换行分隔",
        "One id or many, separated by spaces, commas or lines",
    ),
    "run": ("查询", "Look up"),
    "running": ("查询中…", "Asking…"),
    "no_ids": ("请先填写至少一个任务 ID。", "Enter at least one task id first."),
    "too_many_ids": (
        "一次最多查询 {limit} 个 ID，以下是前 {limit} 个，其余 {rest} 个未查询。",
        "A look-up takes {limit} ids: here are the first, and {rest} were not asked.",
    ),
    "found": ("共 {count} 个 · {states}", "{count} in all · {states}"),
    "tasks": ("任务列表", "Tasks"),
    "column_state": ("状态", "State"),
    "column_progress": ("进度", "Progress"),
    "column_mode": ("模式", "Mode"),
    "column_prompt": ("提示词", "Prompt"),
    "column_why": ("说明", "Note"),
    "column_created": ("提交时间", "Created"),
    "column_seconds": ("秒", "Seconds"),
    "column_id": ("任务 ID", "Task id"),
    "preview_none": (
        "查询后，选中一行即可在这里播放视频。",
        "After a look-up, the selected row's video plays here.",
    ),
    "waiting_for": (
        "视频还没有生成好，稍后再查询一次。",
        "The video is not there yet; ask again later.",
    ),
    "open_video": ("在新窗口打开", "Open in a new tab"),
    "download": ("下载", "Download"),
    "link_until": ("链接有效期至 {time}", "The link works until {time}"),
    "bad_link": (
        "返回的视频链接不是网页地址，未打开。",
        "The video's link is no web address; not opened.",
    ),
    # States (`unknown`: the look-up failed)
    "pending": ("等待中", "pending"),
    "processing": ("生成中", "processing"),
    "completed": ("已完成", "completed"),
    "failed": ("失败", "failed"),
    "unknown": ("查询失败", "not known"),
    "place": ("排队第 {position} 位", "place {position}"),
    "place_of": ("排队第 {position} 位，共 {length} 位", "place {position} of {length}"),
    "left": ("约剩 {time}", "about {time} left"),
    "some_seconds": ("{n} 秒", "{n} s"),
    "some_minutes": ("{n} 分钟", "{n} min"),
    "some_hours": ("{n} 小时", "{n} h"),
    "fact_mode": ("模式", "Mode"),
    "fact_model": ("模型", "Model"),
    "fact_length": ("时长", "Length"),
    "fact_created": ("提交", "Created"),
    "fact_completed": ("完成", "Completed"),
    "fact_code": ("上游代码", "Upstream code"),
}

LONGEST = 60
"""Seconds up to which lengths can be chosen."""


def model_key(name: str) -> str:
    """Under which key a model's title stands."""
    return f"model_{name}".replace(".", "_")  # a point would lead the browser into a deeper table


def seconds_key(seconds: int) -> str:
    """Under which key a length stands."""
    return f"seconds_{seconds}"


def _all() -> dict[str, tuple[str, str]]:
    """The table, and what follows from it and from the catalogue."""
    chinese, english = TEXTS["seconds"]
    lengths = {
        seconds_key(n): (chinese.format(n=n), english.format(n=n)) for n in range(1, LONGEST + 1)
    }
    models = {model_key(model.name): (model.title_zh, model.title) for model in catalog().models}
    return TEXTS | lengths | models


_ALL = _all()
_CHINESE = ("zh", "zh-CN", "zh-SG", "zh-TW", "zh-HK", "zh-MO", "zh-Hans", "zh-Hant")

_I18N = gr.I18n(
    en={key: english for key, (_, english) in _ALL.items()},
    **{locale: {key: chinese for key, (chinese, _) in _ALL.items()} for locale in _CHINESE},
)


def translations() -> gr.I18n:
    """What `launch` takes, so that the browser can choose."""
    return _I18N


def label(key: str) -> I18nData:
    """A text that the browser chooses by its own language."""
    if key not in _ALL:
        raise KeyError(key)
    return _I18N(key)


def say(key: str, *, chinese: bool, **values: object) -> str:
    """A text in the language of a request, with values filled in."""
    return TEXTS[key][0 if chinese else 1].format(**values)
