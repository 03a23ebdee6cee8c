"""Actions on the document: files, edits, selection and mask, as a table; with those of tools, filters and layers."""

from __future__ import annotations

from sdpaint.gui.action_spec import ActionSpec
from sdpaint.gui.image_actions import FILTER_ACTIONS, TURN_ACTIONS
from sdpaint.gui.layer_actions import LAYER_ACTIONS
from sdpaint.gui.tool_actions import TOOL_ACTIONS
from sdpaint.imaging.selection import SelectionChange

DOCUMENT_ACTIONS: tuple[ActionSpec, ...] = (
    *TOOL_ACTIONS,
    *FILTER_ACTIONS,
    *TURN_ACTIONS,
    # File
    ActionSpec("new", "&New…", "pages.ask_new", ("Ctrl+N",), "new", "New document"),
    ActionSpec("open", "&Open…", "files.open", ("Ctrl+O",), "open", "Open a document or picture"),
    ActionSpec(
        "openAsLayer",
        "Open as &layer…",
        "files.open_as_layer",
        (),
        "layers",
        "Put a picture onto a new layer",
    ),
    ActionSpec(
        "openReference",
        "Open as re&ference…",
        "references.ask",
        (),
        "reference",
        "Show a picture to look at in a window of its own",
    ),
    ActionSpec(
        "pasteReference", "Paste as &reference", "references.paste", (), "reference", "Show what was copied in a window"
    ),
    ActionSpec("closeReferences", "Close all &references", "references.close_all", (), "", "Close all their windows"),
    ActionSpec(
        "removeMissing",
        "Remove &missing files",
        "recent.forget_missing",
        (),
        "",
        "Take files off the list of recent ones that aren't there any more",
    ),
    ActionSpec("clearRecent", "&Clear the list", "recent.clear", (), "", "Forget which files were opened last"),
    ActionSpec("save", "&Save", "files.save", ("Ctrl+S",), "save", "Save the document"),
    ActionSpec("saveAs", "Save &as…", "files.save_as", ("Ctrl+Shift+S",), "", "Save under another name"),
    ActionSpec(
        "saveCopy", "Save a cop&y…", "files.save_copy", (), "", "Save under another name, and go on with this file"
    ),
    ActionSpec(
        "export",
        "&Export…",
        "exports.open",
        ("Ctrl+Shift+E",),
        "export",
        "Write a picture: format, size and quality, with a preview",
    ),
    ActionSpec(
        "exportAgain",
        "Export a&gain",
        "exports.again",
        ("Ctrl+Alt+Shift+E",),
        "",
        "The last export once more, of what the picture is now",
    ),
    ActionSpec("closeDocument", "&Close", "files.close", ("Ctrl+W",), "close", "Close the document"),
    ActionSpec("closeOthers", "Close the o&thers", "files.close_others", (), "", "Close all other documents"),
    ActionSpec(
        "nextDocument",
        "&Next document",
        "documents.show_next",
        ("Ctrl+Tab",),
        "chevron-right",
        "Show the next open document",
        repeats=True,
        value=1,
    ),
    ActionSpec(
        "previousDocument",
        "&Previous document",
        "documents.show_next",
        ("Ctrl+Shift+Tab",),
        "chevron-left",
        "Show the open document before",
        repeats=True,
        value=-1,
    ),
    ActionSpec("quit", "&Quit", "window.close", ("Ctrl+Q",), "", "Quit sdpaint"),
    # Colours
    ActionSpec(
        "paletteAdd", "&Add the colour to the palette", "palettes.add_foreground", (), "", "Keep the foreground colour"
    ),
    ActionSpec(
        "paletteFromPicture",
        "&Palette from the picture",
        "palettes.from_picture",
        (),
        "",
        "A palette of the colours that the picture is made of",
    ),
    ActionSpec("paletteImport", "&Import a palette…", "palettes.open", (), "", "Read .gpl, .aco or .ase"),
    ActionSpec("paletteExport", "&Export the palette…", "palettes.save", (), "", "Write .gpl, .aco or .ase"),
    # Edit
    ActionSpec("undo", "&Undo", "documents.undo", ("Ctrl+Z",), "undo", "Undo", repeats=True),
    ActionSpec("redo", "&Redo", "documents.redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "redo", "Redo", repeats=True),
    ActionSpec("cut", "Cu&t", "clipboard.cut", ("Ctrl+X",), "cut", "Cut the selected pixels of the layer"),
    ActionSpec("copy", "&Copy", "clipboard.copy", ("Ctrl+C",), "copy", "Copy the selected pixels of the layer"),
    ActionSpec(
        "copyMerged",
        "Copy &merged",
        "clipboard.copy_merged",
        ("Ctrl+Shift+C",),
        "",
        "Copy what is seen of all layers",
    ),
    ActionSpec("paste", "&Paste", "clipboard.paste", ("Ctrl+V",), "paste", "Paste as a new layer"),
    ActionSpec(
        "clearLayer",
        "C&lear",
        "selection.clear",
        ("Del",),
        "clear",
        "Take paint off the layer, where it is selected",
    ),
    ActionSpec(
        "fillSelection",
        "&Fill with the foreground colour",
        "selection.fill",
        ("Shift+Backspace", "Alt+Backspace", "Shift+F5"),
        "fill",
        "Fill what is selected with the foreground colour",
    ),
    ActionSpec(
        "fillSelectionBackground",
        "Fill with the back&ground colour",
        "selection.fill_background",
        ("Backspace", "Ctrl+Backspace"),
        "",
        "Fill what is selected with the background colour",
    ),
    ActionSpec(
        "strokeSelection",
        "Strok&e the selection…",
        "selecting.ask_stroke",
        (),
        "",
        "Paint along the outline, with a line or with the brush",
    ),
    ActionSpec(
        "swapColors",
        "S&wap colours",
        "tools.swap_colors",
        ("X",),
        "swap",
        "Swap foreground and background colour",
    ),
    ActionSpec(
        "pickFromScreen",
        "&Pick from the screen",
        "screen_picker.start",
        ("Shift+I",),
        "picker-screen",
        "Take a colour from anywhere on the screen",
    ),
    ActionSpec(
        "resetColors", "&Black and white", "tools.reset_colors", ("D",), "reset-colors", "Black over white"
    ),
    ActionSpec(
        "smaller",
        "S&maller brush",
        "tools.change_size",
        ("[",),
        "minus",
        "Smaller brush",
        repeats=True,
        value=-1,
    ),
    ActionSpec(
        "larger", "&Larger brush", "tools.change_size", ("]",), "plus", "Larger brush", repeats=True, value=1
    ),
    ActionSpec(
        "preferences", "&Preferences…", "window.show_preferences", ("Ctrl+,",), "settings", "Preferences"
    ),
    # Image
    ActionSpec(
        "imageSize", "&Image size…", "image.ask_size", ("Ctrl+Alt+S",), "", "Scale the whole picture to another size"
    ),
    ActionSpec(
        "depth8",
        "&8 bits a channel",
        "image.set_depth",
        (),
        "",
        "256 levels a channel; what lies between two of them is dithered",
        checkable=True,
        group="depth",
        value=8,
    ),
    ActionSpec(
        "depth16",
        "&16 bits a channel",
        "image.set_depth",
        (),
        "",
        "65536 levels a channel: soft strokes that are built up show no bands",
        checkable=True,
        group="depth",
        value=16,
    ),
    ActionSpec(
        "roundDepth",
        "8 bits a channel, &without dithering",
        "image.round_depth",
        (),
        "",
        "Every value to the nearest of 256 levels",
    ),
    ActionSpec(
        "cropToFrame", "Crop to the f&rame", "image.crop_to_frame", (), "frame", "Make the canvas as large as the frame"
    ),
    ActionSpec(
        "cropToSelection",
        "Crop to the &selection",
        "image.crop_to_selection",
        (),
        "select-rectangle",
        "Make the canvas as large as what is selected",
    ),
    ActionSpec(
        "canvasSize",
        "&Canvas size…",
        "pages.ask_canvas_size",
        ("Ctrl+Alt+C",),
        "canvas-size",
        "Change the canvas size",
    ),
    ActionSpec(
        "extendBy",
        "&Extend by…",
        "pages.ask_extent",
        ("Ctrl+Alt+E",),
        "",
        "Continue the picture beyond the canvas: the canvas grows, one step",
    ),
    ActionSpec(
        "fitFrame",
        "&Fit the frame to the canvas",
        "edits.fit_frame_to_canvas",
        ("Ctrl+F",),
        "frame",
        "Frame the whole canvas",
    ),
    ActionSpec(
        "swapFrame",
        "&Turn the frame",
        "edits.swap_frame_sides",
        (),
        "swap",
        "Swap width and height of the frame",
    ),
    # Layer
    *LAYER_ACTIONS,
    ActionSpec("addLayer", "&Add", "edits.add_layer", ("Ctrl+Shift+N",), "plus", "Add a layer"),
    ActionSpec("renameLayer", "&Rename", "window.rename_layer", ("F2",), "", "Rename the layer"),
    ActionSpec(
        "layerVisible",
        "&Visible",
        "layers.set_visible",
        ("Ctrl+H",),
        "",
        "Show or hide the layer",
        checkable=True,
    ),
    ActionSpec(
        "layerAbove",
        "&Go to the layer above",
        "edits.activate_above",
        ("PgUp",),
        "",
        "Paint on the layer above",
    ),
    ActionSpec(
        "layerBelow",
        "G&o to the layer below",
        "edits.activate_below",
        ("PgDown",),
        "",
        "Paint on the layer below",
    ),
    ActionSpec(
        "layerToSelection",
        "Layer to &selection",
        "selection.from_layer",
        (),
        "",
        "Select where the layer has paint; or Ctrl+click its picture",
    ),
    # Select
    ActionSpec("selectAll", "&All", "selection.select_all", ("Ctrl+A",), "", "Select the whole canvas"),
    ActionSpec(
        "deselect", "&None", "selection.deselect", ("Ctrl+D", "Ctrl+Shift+A"), "deselect", "Select nothing"
    ),
    ActionSpec(
        "reselect", "&Reselect", "selection.reselect", ("Ctrl+Shift+D",), "", "Select again what was selected last"
    ),
    ActionSpec(
        "invertSelection",
        "&Invert",
        "selection.invert",
        ("Ctrl+Shift+I",),
        "invert",
        "Select what isn't selected",
    ),
    ActionSpec(
        "growSelection", "&Grow…", "selection.ask_change", (), "", "Move the outline out", value=SelectionChange.GROW
    ),
    ActionSpec(
        "shrinkSelection",
        "S&hrink…",
        "selection.ask_change",
        (),
        "",
        "Move the outline in",
        value=SelectionChange.SHRINK,
    ),
    ActionSpec(
        "featherSelection",
        "&Feather…",
        "selection.ask_change",
        ("Shift+F6",),
        "",
        "Soften the edge",
        value=SelectionChange.FEATHER,
    ),
    ActionSpec(
        "borderSelection",
        "&Border…",
        "selection.ask_change",
        (),
        "",
        "Select a band along the outline",
        value=SelectionChange.BORDER,
    ),
    ActionSpec(
        "smoothSelection",
        "&Smooth…",
        "selection.ask_change",
        (),
        "",
        "Round corners and drop specks",
        value=SelectionChange.SMOOTH,
    ),
    ActionSpec(
        "fillSelectionHoles", "Fill h&oles", "selection.fill_holes", (), "", "Select what the selection encloses"
    ),
    ActionSpec(
        "colorRange", "&Colour range…", "selecting.ask_color_range", (), "", "Select what has certain colours, anywhere"
    ),
    ActionSpec(
        "quickMask",
        "&Quick mask",
        "selecting.set_quick_mask",
        ("Q",),
        "quick-mask",
        "Quick mask: paint what is selected with brushes",
        checkable=True,
    ),
    ActionSpec(
        "saveSelection",
        "Sa&ve the selection…",
        "selecting.ask_name",
        (),
        "",
        "Keep the selection in the document, under a name",
    ),
    # Mask
    ActionSpec(
        "selectionToMask",
        "Selection to &mask",
        "selection.to_mask",
        ("Ctrl+Shift+Q",),
        "selection-to-mask",
        "Mask what is selected: Inpaint makes it anew",
    ),
    ActionSpec(
        "maskToSelection",
        "Mask &to selection",
        "selection.from_mask",
        ("Ctrl+Alt+Q",),
        "mask-to-selection",
        "Select what is masked",
    ),
    ActionSpec(
        "showMask",
        "&Show mask",
        "edits.set_mask_visible",
        ("Ctrl+Shift+M",),
        "eye",
        "Show the mask",
        checkable=True,
        icon_off="eye-off",
    ),
    ActionSpec("addMask", "&New mask", "masks.add", (), "plus", "Add another inpaint mask, and paint on it"),
    ActionSpec("removeMask", "&Delete the mask", "masks.remove", (), "trash", "Delete the mask that is painted on"),
    ActionSpec(
        "maskRegion",
        "&Prompt of its own",
        "regions.set_on_mask",
        (),
        "region",
        "Give the mask that is painted on a prompt of its own, for where it is",
        checkable=True,
    ),
    ActionSpec("nextMask", "Ne&xt mask", "masks.choose_next", (), "", "Paint on the next mask"),
    ActionSpec("clearMask", "&Clear", "edits.clear_mask", ("Ctrl+Alt+D",), "clear", "Clear the mask"),
    ActionSpec("invertMask", "&Invert", "edits.invert_mask", ("Ctrl+Alt+I",), "invert", "Invert the mask"),
    ActionSpec(
        "fillMask",
        "&Fill the frame",
        "edits.fill_mask_in_frame",
        ("Ctrl+Shift+F",),
        "fill-frame",
        "Mask the whole frame",
    ),
)
