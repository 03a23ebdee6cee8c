"""Actions: one table of everything that menus, buttons and keys can ask for.

Single-key shortcuts are the painter's; Qt leaves them to text fields while something is typed there.
"""

from __future__ import annotations

from sdpaint.generation.request import GenerationMode
from sdpaint.gui.action_spec import ActionSpec
from sdpaint.gui.document_actions import DOCUMENT_ACTIONS
from sdpaint.gui.queue_actions import QUEUE_ACTIONS
from sdpaint.gui.workspaces import Workspace

ROTATION_STEP = 15.0
"""Degrees."""

ACTIONS: tuple[ActionSpec, ...] = (
    *DOCUMENT_ACTIONS,
    # Generate
    ActionSpec(
        "generate",
        "&Generate",
        "window.generate",
        ("Ctrl+Return", "Ctrl+Enter"),
        "generate",
        "Generate in the frame",
    ),
    ActionSpec("cancel", "&Cancel", "generation.cancel", ("Esc",), "stop", "Stop generating"),
    *QUEUE_ACTIONS,
    ActionSpec(
        "keepPreview",
        "&Keep what you see",
        "generation.keep_preview",
        ("Ctrl+Shift+Return",),
        "keep",
        "Stop here and make a layer of what you see",
    ),
    ActionSpec(
        "again",
        "Again with the next &seed",
        "generation.again",
        ("Ctrl+R",),
        "again",
        "Generate again, with the next seed",
    ),
    ActionSpec(
        "promptLibrary",
        "Prompts and &styles…",
        "prompts.show",
        ("Ctrl+Alt+P",),
        "",
        "Saved prompts, those used before, and styles",
    ),
    ActionSpec(
        "savePrompt",
        "Save the pro&mpt…",
        "prompts.save",
        ("Ctrl+Alt+Shift+P",),
        "",
        "Keep prompt and negative prompt in the library, with a picture",
    ),
    ActionSpec(
        "nextResult",
        "&Next result",
        "generation.show_next",
        ("Right",),
        "chevron-right",
        "Next result",
        repeats=True,
        on_canvas=True,
    ),
    ActionSpec(
        "previousResult",
        "&Previous result",
        "generation.show_previous",
        ("Left",),
        "chevron-left",
        "Previous result",
        repeats=True,
        on_canvas=True,
    ),
    ActionSpec(
        "keepResult",
        "K&eep the result",
        "generation.keep",
        ("Return", "Enter"),
        "check",
        "Keep the result as a layer",
        on_canvas=True,
    ),
    ActionSpec(
        "discardResult",
        "&Discard the result",
        "generation.discard",
        ("Del",),
        "trash",
        "Take the result away",
        on_canvas=True,
    ),
    ActionSpec(
        "modeAuto",
        "&Automatic",
        "window.set_mode",
        (),
        "",
        "Follow frame, mask and pixels",
        checkable=True,
        group="mode",
    ),
    ActionSpec(
        "modeGenerate",
        "&Generate",
        "window.set_mode",
        (),
        "",
        "From the prompt alone",
        checkable=True,
        group="mode",
        value=GenerationMode.TEXT_TO_IMAGE,
    ),
    ActionSpec(
        "modeRefine",
        "&Refine",
        "window.set_mode",
        (),
        "",
        "From what lies under the frame",
        checkable=True,
        group="mode",
        value=GenerationMode.IMAGE_TO_IMAGE,
    ),
    ActionSpec(
        "modeInpaint",
        "&Inpaint",
        "window.set_mode",
        (),
        "",
        "Only what is masked",
        checkable=True,
        group="mode",
        value=GenerationMode.INPAINT,
    ),
    ActionSpec(
        "modeExpand",
        "&Expand",
        "window.set_mode",
        (),
        "",
        "Beyond the canvas, as far as the frame reaches",
        checkable=True,
        group="mode",
        value=GenerationMode.EXPAND,
    ),
    ActionSpec(
        "showPreviews",
        "Show the picture while it &forms",
        "window.set_preview_visible",
        ("Ctrl+P",),
        "preview",
        "Show the picture while it forms",
        checkable=True,
    ),
    ActionSpec(
        "showHeat",
        "&Heat maps of words",
        "heat.set_on",
        (),
        "heat",
        "Show on the canvas where a word of the prompt was looked at while the picture was made",
        checkable=True,
    ),
    ActionSpec(
        "focusPrompt", "Write the &prompt", "window.focus_prompt", ("Ctrl+L",), "", "Write the prompt"
    ),
    ActionSpec("toggleSampling", "Sa&mpling settings", "", ("F4",), "settings", "Sampling", checkable=True),
    ActionSpec(
        "manageCheckpoints",
        "C&heckpoints and adapters…",
        "checkpoints.manage",
        ("Ctrl+Alt+K",),
        "checkpoints",
        "All checkpoints, LoRAs and other weights: find, sort, convert, get more",
    ),
    # View
    ActionSpec(
        "zoomIn",
        "Zoom &in",
        "canvas.zoom_in",
        ("+", "=", "Ctrl++", "Ctrl+="),
        "zoom-in",
        "Zoom in",
        repeats=True,
    ),
    ActionSpec(
        "zoomOut", "Zoom &out", "canvas.zoom_out", ("-", "Ctrl+-"), "zoom-out", "Zoom out", repeats=True
    ),
    ActionSpec(
        "zoomFit", "&Fit in the window", "canvas.zoom_to_fit", ("0", "Ctrl+0"), "fit", "Fit in the window"
    ),
    ActionSpec(
        "zoomActual", "&100 %", "canvas.zoom_to", ("1", "Ctrl+1"), "", "One pixel for each pixel", value=1.0
    ),
    ActionSpec(
        "rotateLeft",
        "Rotate &left",
        "canvas.rotate_by",
        ("4",),
        "rotate-left",
        "Rotate the view left",
        repeats=True,
        value=-ROTATION_STEP,
    ),
    ActionSpec(
        "rotateRight",
        "Rotate &right",
        "canvas.rotate_by",
        ("6",),
        "rotate-right",
        "Rotate the view right",
        repeats=True,
        value=ROTATION_STEP,
    ),
    ActionSpec(
        "rotateReset", "R&eset rotation", "canvas.reset_rotation", ("5",), "", "Turn the view upright"
    ),
    ActionSpec(
        "flip",
        "&Mirror the view",
        "canvas.flip_horizontally",
        ("M",),
        "flip",
        "Mirror the view: fresh eyes for a drawing",
    ),
    ActionSpec(
        "showRulers",
        "&Rulers",
        "aids.set_rulers",
        ("Ctrl+Shift+R",),
        "",
        "Rulers at the edges of the canvas; guides are dragged out of them",
        checkable=True,
    ),
    ActionSpec(
        "showGuides", "G&uides", "aids.set_guides", ("Ctrl+Shift+;",), "", "Show the guides", checkable=True
    ),
    ActionSpec("clearGuides", "&Clear guides", "aids.clear_guides", (), "", "Take all guides away"),
    ActionSpec(
        "showRegions",
        "Re&gion prompts",
        "aids.set_regions",
        (),
        "region",
        "Show where layers and masks with prompts of their own lie",
        checkable=True,
    ),
    ActionSpec("showGrid", "Gri&d", "aids.set_grid", ("Ctrl+'",), "", "Show the grid", checkable=True),
    ActionSpec("gridSettings", "Gri&d settings…", "aids.ask_grid", (), "", "Spacing, offset and colour of the grid"),
    ActionSpec(
        "snapping",
        "&Snap",
        "aids.set_snapping",
        ("Ctrl+;",),
        "",
        "Snap to guides, to the grid, and to edges and middle of the canvas",
        checkable=True,
    ),
    ActionSpec(
        "hidePanels",
        "&Canvas only",
        "window.set_canvas_only",
        ("Tab",),
        "panels",
        "Hide or show all panels",
        checkable=True,
        on_canvas=True,
    ),
    ActionSpec(
        "fullScreen", "F&ull screen", "window.set_full_screen", ("F11",), "", "Full screen", checkable=True
    ),
    # Window
    *(
        ActionSpec(
            f"{each.value}Workspace",
            f"&{each.label}",
            "workspaces.use",
            (),
            "",
            f"Panels for {each.label.lower()}" if each is not Workspace.MINIMAL else "The canvas, tools and the prompt",
            checkable=True,
            value=each,
        )
        for each in Workspace
    ),
    ActionSpec(
        "saveWorkspace", "&Save the workspace…", "workspaces.ask_name", (), "", "Keep the panels as they lie, by a name"
    ),
    ActionSpec(
        "deleteWorkspace", "&Delete a workspace…", "workspaces.ask_delete", (), "", "Forget a workspace of your own"
    ),
    ActionSpec(
        "resetWorkspace", "&Reset the workspace", "workspaces.reset", (), "", "The panels as the workspace has them"
    ),
    # Help
    ActionSpec(
        "commandPalette",
        "&Find a command…",
        "window.show_commands",
        ("Ctrl+K",),
        "search",
        "Find a command: everything that can be done, by typing a few letters",
    ),
    ActionSpec(
        "shortcuts", "&Keyboard shortcuts…", "window.show_shortcuts", ("F1",), "keyboard", "Look up or change keys"
    ),
    ActionSpec("about", "&About sdpaint", "window.show_about", (), "info", "About sdpaint"),
)

CANVAS_ACTIONS = frozenset(spec.id for spec in ACTIONS if spec.on_canvas)
"""Ids of those whose keys count only on the canvas."""
