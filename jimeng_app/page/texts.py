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
    "chip_demo": ("演示 · 视频为排演", "Demo · videos are rehearsals"),
    "chip_web": ("即梦 · 消耗积分", "JiMeng · costs credits"),
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
    "token_wrong": (
        "填错或已过期时，提交和查询都会提示重新登录；不会扣积分，任务也不受影响。",
        "A wrong or expired one is told at once: no credit is spent, and no task is affected.",
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
    "add_frames": (
        "添加图片（2 到 10 张，可一次多选，拖动排序）",
        "Add pictures (2 to 10, several at once; drag to reorder)",
    ),
    "add_subjects": (
        "添加主体图片（1 到 9 张，可一次多选）",
        "Add pictures of the subjects (1 to 9)",
    ),
    "picture": ("图片 {n}", "Picture {n}"),
    "frame_prompt": ("这一帧里发生什么", "What happens while this picture leads on"),
    "frame_prompt_of": ("第 {n} 帧的提示词", "Prompt of frame {n}"),
    "frame_seconds_of": ("第 {n} 帧的秒数", "Seconds of frame {n}"),
    "total": ("共 {frames} 帧 · {seconds} 秒", "{frames} frames · {seconds} s in all"),
    "move_earlier": ("前移第 {n} 张", "Move picture {n} earlier"),
    "move_later": ("后移第 {n} 张", "Move picture {n} later"),
    "remove": ("移除第 {n} 张", "Remove picture {n}"),
    "insert": ("把 {mark} 放入提示词", "Put {mark} into the prompt"),
    "uploading": ("上传中，第 {n} 张，共 {count} 张…", "Uploading {n} of {count}…"),
    "not_uploaded": (
        "{name} 没有上传成功：图片不能超过 30 MB，请换一张或再试一次。",
        "{name} was not uploaded: a picture may have 30 MB; try another, or once more.",
    ),
    "no_pictures": ("只能添加图片文件。", "Only pictures can be added."),
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
    "sending_pictures": ("提交中（{count} 张图片）…", "Sending, with {count} pictures…"),
    "sent": (
        "已提交，表单保持原样：改一处就能再提交一个。",
        "Sent. The form stays as it was: change one thing for a variation.",
    ),
    # An example in every tab
    "example": ("填入示例", "Try this example"),
    "example_first_last_frame": (
        "示例：从第一张图片变到第二张，约 5 秒。",
        "For example: 5 seconds from the first picture to the second.",
    ),
    "example_multi_frame": (
        "示例：依次经过几张图片，每张有自己的提示词和秒数。",
        "For example: through several pictures, each with words and seconds of its own.",
    ),
    "example_subject_reference": (
        "示例：把几张图片里的主体放进同一个画面。",
        "For example: the subjects of several pictures, together in one scene.",
    ),
    "example_first_last_frame_prompt": (
        "火箭点火升空，镜头随它穿过夜空，最后停在漫天星系之间",
        "The rocket lifts off into the night, the camera follows, until galaxies fill the view",
    ),
    "example_multi_frame_prompt": (
        "清晨的咖啡冒着热气，镜头缓缓推近 / 花瓣在微风里轻轻舒展 / 镜头升起，越过楼阁望向湖面",
        "Steam rises from the coffee / Petals open in a light wind / The camera rises to the lake",
    ),
    "example_subject_reference_prompt": (
        "@图片1 的猫凑近 @图片2 的咖啡，闻了闻，抬头看镜头",
        "The cat of @图片1 leans over the coffee of @图片2, sniffs, and looks up",
    ),
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
    "kept": ("本浏览器的任务（{count}）", "This browser's tasks ({count})"),
    "kept_none": (
        "在这个浏览器提交的任务会记在这里，重新打开页面也在。",
        "Tasks submitted in this browser are remembered here, also after a reload.",
    ),
    "kept_list": ("列表", "List them"),
    "forget": ("忘记", "Forget"),
    "forget_one": ("忘记 {id}", "Forget {id}"),
    "forget_all": ("全部忘记", "Forget all"),
    "undo": ("撤销", "Undo"),
    "follow": ("自动刷新", "Refresh by itself"),
    "looked": ("上次查询 {time}", "last looked {time}"),
    "every": ("每 {n} 秒刷新", "every {n} s"),
    "all_ended": ("全部已结束，不再刷新", "all have ended, no further refresh"),
    "search": ("搜索", "Search"),
    "search_hint": ("提示词、模式、状态或 ID", "Prompt, mode, state or id"),
    "order": ("排序", "Order"),
    "order_newest": ("最新在前", "Newest first"),
    "order_asked": ("按查询顺序", "As asked"),
    "copy_ids": ("复制全部 ID", "Copy all ids"),
    "copied": ("已复制 {count} 个 ID。", "{count} ids copied."),
    "copy": ("复制", "Copy"),
    "copied_short": ("已复制", "Copied"),
    "no_match": ("没有匹配的任务。", "No task matches."),
    "no_rows": ("还没有查询结果。", "Nothing was looked up yet."),
    "next_connect": ("填写凭证", "Give the credential"),
    "next_ask": ("再查询一次", "Ask again"),
    "next_again": ("修改后重新提交", "Change it and submit again"),
    "found": ("共 {count} 个 · {states}", "{count} in all · {states}"),
    "column_state": ("状态", "State"),
    "column_progress": ("进度", "Progress"),
    "column_mode": ("模式", "Mode"),
    "column_prompt": ("提示词", "Prompt"),
    "column_created": ("提交时间", "Created"),
    "column_seconds": ("秒", "s"),
    "column_id": ("任务 ID", "Task id"),
    "preview_none": ("查询后选中一行，视频在这里播放。", "The selected row's video plays here."),
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

BROWSER = (
    *("first_last_frame", "multi_frame", "subject_reference", "image"),
    *("add_frames", "add_subjects", "picture", "frame_prompt", "frame_prompt_of"),
    *("frame_seconds_of", "column_seconds", "total", "move_earlier", "move_later", "remove"),
    *("insert", "uploading", "not_uploaded", "no_pictures", "copied_short"),
    *(
        "backend_demo",
        "backend_web",
        "kept",
        "kept_none",
        "kept_list",
        "forget",
        "forget_one",
        "forget_all",
        "undo",
    ),
)
"""The texts that the page's own JavaScript says."""

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


def browser_texts() -> dict[str, dict[str, str]]:
    """What `studio.js` and `kept.js` say, by language."""
    return {
        language: {key: TEXTS[key][index] for key in BROWSER}
        for index, language in enumerate(("zh", "en"))
    }


def label(key: str) -> I18nData:
    """A text that the browser chooses by its own language."""
    if key not in _ALL:
        raise KeyError(key)
    return _I18N(key)


def say(key: str, *, chinese: bool, **values: object) -> str:
    """A text in the language of a request, with values filled in."""
    return TEXTS[key][0 if chinese else 1].format(**values)
