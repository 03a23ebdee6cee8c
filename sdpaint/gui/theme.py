"""The look: one small table of tokens, from which the palette and the style sheet of the whole program are made.

Greys are neutral, without tint, since a tinted surround biases the eye. The one accent marks what is active or will
act; red is for destruction and failure only. Spaces are steps of 4 px, controls are 28 px high, there are two sizes of
one type family. Widgets that draw themselves take their colours from the palette, so a change of theme reaches them.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory, QWidget

from sdpaint.paths import resource_dir
from sdpaint.settings.schema import Theme

SPACE = 4
"""Distances are multiples of this, in px."""
CONTROL_HEIGHT = 28
HIT_SIZE = 32
PANEL_WIDTH = 296
ICON_SIZE = 18
RADIUS = 4
BODY_PX = 13
SMALL_PX = 11

FONT_FAMILIES = ["Inter", "Segoe UI", "SF Pro Text", "Noto Sans", "Cantarell", "Ubuntu", "DejaVu Sans"]
"""The first that the machine has."""


@dataclass(frozen=True)
class Tokens:
    """Every colour of a theme, by what it is for."""

    surround: str
    """Around the paper."""
    window: str
    """Panels, bars and dialogs."""
    popup: str
    """Menus, tooltips and cards that float."""
    field: str
    """Where something is typed or listed."""
    control: str
    """Buttons and sliders at rest."""
    hover: str
    pressed: str
    outline: str
    """Edges of fields and controls."""
    divider: str
    """Between panels."""
    text: str
    text_dim: str
    text_disabled: str
    accent: str
    """Fill of what acts; `on_accent` is written on it."""
    on_accent: str
    accent_line: str
    """Focus rings, icons and text that are active."""
    accent_soft: str
    """Fill of what is active: the checked tool, the filled part of a slider, the selected layer."""
    danger: str
    warning: str


DARK = Tokens(
    surround="#1f1f1f",
    window="#2c2c2c",
    popup="#333333",
    field="#232323",
    control="#3a3a3a",
    hover="#444444",
    pressed="#4e4e4e",
    outline="#4a4a4a",
    divider="#1f1f1f",
    text="#e8e8e8",
    text_dim="#ababab",
    text_disabled="#757575",
    accent="#2f6fdc",
    on_accent="#ffffff",
    accent_line="#74a9ff",
    accent_soft="#34507c",
    danger="#ff857c",
    warning="#f0b45a",
)

LIGHT = Tokens(
    surround="#b4b4b4",
    window="#ececec",
    popup="#fafafa",
    field="#fbfbfb",
    control="#dcdcdc",
    hover="#d0d0d0",
    pressed="#c3c3c3",
    outline="#bdbdbd",
    divider="#cfcfcf",
    text="#1b1b1b",
    text_dim="#555555",
    text_disabled="#949494",
    accent="#2765d0",
    on_accent="#ffffff",
    accent_line="#1d57bd",
    accent_soft="#b9d0f6",
    danger="#b3261e",
    warning="#7a4d00",
)

THEMES: dict[Theme, Tokens] = {Theme.DARK: DARK, Theme.LIGHT: LIGHT}

TEXT_PAIRS: tuple[tuple[str, str], ...] = (
    ("text", "window"),
    ("text", "popup"),
    ("text", "field"),
    ("text", "control"),
    ("text", "hover"),
    ("text", "pressed"),
    ("text", "accent_soft"),
    ("text_dim", "window"),
    ("text_dim", "popup"),
    ("text_dim", "field"),
    ("on_accent", "accent"),
    ("accent_line", "window"),
    ("accent_line", "field"),
    ("danger", "window"),
    ("danger", "popup"),
    ("warning", "window"),
    ("warning", "popup"),
)
"""(text, ground) as they meet in the program: each has a contrast of 4.5:1 or more."""


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two `#rrggbb` colours, 1…21 (WCAG 2.1, relative luminance of sRGB)."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(text: str) -> float:
    channels = (int(text[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def palette(tokens: Tokens) -> QPalette:
    """The tokens as palette roles. `Dark` is the surround of the canvas, `Mid` the outline, `Midlight` the hover,
    `Accent` the active line, `Link` the soft accent fill, `BrightText` the danger colour."""
    role = QPalette.ColorRole
    result = QPalette()
    for name, color in {
        role.Window: tokens.window,
        role.WindowText: tokens.text,
        role.Base: tokens.field,
        role.AlternateBase: tokens.popup,
        role.Text: tokens.text,
        role.Button: tokens.control,
        role.ButtonText: tokens.text,
        role.BrightText: tokens.danger,
        role.PlaceholderText: tokens.text_dim,
        role.Highlight: tokens.accent,
        role.HighlightedText: tokens.on_accent,
        role.Accent: tokens.accent_line,
        role.Link: tokens.accent_soft,
        role.LinkVisited: tokens.warning,
        role.ToolTipBase: tokens.popup,
        role.ToolTipText: tokens.text,
        role.Light: tokens.pressed,
        role.Midlight: tokens.hover,
        role.Mid: tokens.outline,
        role.Dark: tokens.surround,
        role.Shadow: tokens.divider,
    }.items():
        result.setColor(name, QColor(color))
    disabled = QPalette.ColorGroup.Disabled
    for name in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        result.setColor(disabled, name, QColor(tokens.text_disabled))
    result.setColor(disabled, role.Highlight, QColor(tokens.control))
    return result


def font(small: bool = False, strong: bool = False) -> QFont:
    """One family, two sizes, two weights."""
    result = QFont()
    result.setFamilies(FONT_FAMILIES)
    result.setPixelSize(SMALL_PX if small else BODY_PX)
    result.setWeight(QFont.Weight.DemiBold if strong else QFont.Weight.Normal)
    return result


def apply_theme(app: QApplication, name: Theme) -> None:
    """Dress the program. May be called again at any time."""
    tokens = THEMES[name]
    if app.style().name() != "fusion":
        app.setStyle(QStyleFactory.create("Fusion"))
    app.setFont(font())
    app.setPalette(palette(tokens))
    app.setStyleSheet(stylesheet(tokens))
    scheme = Qt.ColorScheme.Dark if name is Theme.DARK else Qt.ColorScheme.Light
    hints = app.styleHints()
    if hasattr(hints, "setColorScheme") and hints.colorScheme() is not scheme:
        # The title bar, where the system draws it. Fusion would take over its own palette: ours is set again.
        hints.setColorScheme(scheme)
        app.setPalette(palette(tokens))


def set_role(widget: QWidget, role: str) -> None:
    """Give a widget a look of its own: dim, small, title, primary, danger, flat, card."""
    widget.setProperty("role", role)
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)


def stylesheet(tokens: Tokens) -> str:
    """The style sheet of the whole program."""
    icons = (resource_dir() / "icons").as_posix()
    t = tokens
    return f"""
QMainWindow::separator {{ background: {t.divider}; width: 4px; height: 4px; }}
QMainWindow::separator:hover {{ background: {t.accent_line}; }}
QToolTip {{ background: {t.popup}; color: {t.text}; border: 1px solid {t.outline}; padding: 4px 6px; }}

QMenuBar {{ background: {t.window}; padding: 0 4px; border-bottom: 1px solid {t.divider}; }}
QMenuBar::item {{ padding: 6px 10px; background: transparent; border-radius: {RADIUS}px; }}
QMenuBar::item:selected {{ background: {t.hover}; }}
QMenu {{ background: {t.popup}; border: 1px solid {t.outline}; padding: 4px; }}
QMenu::item {{ padding: 5px 24px 5px 8px; border-radius: {RADIUS}px; min-height: 18px; }}
QMenu::item:selected {{ background: {t.accent}; color: {t.on_accent}; }}
QMenu::item:disabled {{ color: {t.text_disabled}; background: transparent; }}
QMenu::icon {{ padding-left: 8px; }}
QMenu::separator {{ height: 1px; background: {t.outline}; margin: 4px 8px; }}
QMenu::indicator {{ width: 18px; height: 18px; left: 6px; }}
QMenu::indicator:checked {{ image: url({icons}/menu-check.svg); }}

QToolBar {{ background: {t.window}; border: none; spacing: 4px; padding: 4px 8px; }}
QToolBar#toolBar {{ padding: 4px; spacing: 2px; border-right: 1px solid {t.divider}; }}
QToolBar#toolOptionsBar {{ border-bottom: 1px solid {t.divider}; }}
QToolBar::separator {{ background: {t.outline}; width: 1px; height: 1px; margin: 4px; }}
QToolBar::handle {{ image: url({icons}/grip.svg); width: 12px; height: 12px; }}

QToolButton {{ background: transparent; border: 1px solid transparent; border-radius: {RADIUS}px;
    padding: 3px; color: {t.text}; }}
QToolButton:hover {{ background: {t.hover}; }}
QToolButton:pressed, QToolButton:open {{ background: {t.pressed}; }}
QToolButton:checked {{ background: {t.accent_soft}; }}
QToolButton:focus {{ border-color: {t.accent_line}; }}
QToolButton:disabled {{ color: {t.text_disabled}; }}
QToolButton::menu-indicator {{ image: none; }}
QToolButton[role="choice"] {{ background: {t.control}; border: 1px solid {t.outline}; }}
QToolButton[role="choice"]:hover {{ background: {t.hover}; }}
QToolButton[role="choice"]:checked {{ background: {t.accent_soft}; border-color: {t.accent_line}; }}
QToolButton[role="choice"]:focus {{ border-color: {t.accent_line}; }}
QToolButton[role="primary"] {{ background: {t.accent}; border: 1px solid {t.accent}; padding: 2px; }}
QToolButton[role="primary"]:hover {{ border-color: {t.accent_line}; }}
QToolButton[role="primary"]:focus {{ border-color: {t.text}; }}
QToolButton[role="line"] {{ font-size: {SMALL_PX}px; color: {t.text_dim}; padding: 2px 6px; text-align: left; }}
QToolButton[role="line"]:hover {{ color: {t.text}; }}
QToolButton[role="line"]:checked {{ background: transparent; color: {t.text}; }}
QToolButton#maskVisibleButton:checked {{ background: transparent; }}

QPushButton {{ background: {t.control}; border: 1px solid {t.outline}; border-radius: {RADIUS}px;
    padding: 0 12px; min-height: {CONTROL_HEIGHT - 2}px; }}
QPushButton:hover {{ background: {t.hover}; }}
QPushButton:pressed {{ background: {t.pressed}; }}
QPushButton:focus {{ border-color: {t.accent_line}; }}
QPushButton:disabled {{ color: {t.text_disabled}; }}
QPushButton[role="primary"], QPushButton:default {{ background: {t.accent}; color: {t.on_accent};
    border-color: {t.accent}; }}
QPushButton[role="primary"]:hover, QPushButton:default:hover {{ border-color: {t.accent_line}; }}
QPushButton[role="primary"]:focus, QPushButton:default:focus {{ border-color: {t.text}; }}
QPushButton[role="primary"]:disabled {{ background: {t.control}; color: {t.text_disabled};
    border-color: {t.outline}; }}
QPushButton[role="danger"] {{ color: {t.danger}; }}

QLineEdit, QPlainTextEdit {{ background: {t.field}; border: 1px solid {t.outline}; border-radius: {RADIUS}px;
    padding: 0 6px; selection-background-color: {t.accent}; selection-color: {t.on_accent}; }}
QLineEdit {{ min-height: {CONTROL_HEIGHT - 2}px; }}
QPlainTextEdit {{ padding: 0 2px; }}
QLineEdit:focus, QPlainTextEdit:focus {{ border-color: {t.accent_line}; }}
QLineEdit:disabled {{ color: {t.text_disabled}; }}

QListView {{ background: {t.field}; border: none; outline: none; }}
QListView:focus {{ border: none; }}
QAbstractItemView {{ selection-background-color: {t.accent_soft}; selection-color: {t.text}; }}

QScrollArea {{ background: transparent; border: none; }}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
QScrollBar::handle {{ background: {t.outline}; border-radius: 3px; margin: 2px; min-width: 24px; min-height: 24px; }}
QScrollBar::handle:hover {{ background: {t.text_disabled}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}

QTabBar {{ background: {t.window}; }}
QTabBar::tab {{ background: transparent; color: {t.text_dim}; padding: 5px 10px; border: none;
    border-bottom: 2px solid transparent; }}
QTabBar::tab:selected {{ color: {t.text}; border-bottom-color: {t.accent_line}; }}
QTabBar::tab:hover {{ color: {t.text}; }}
QTabBar::tab:focus {{ background: {t.hover}; }}

QCheckBox {{ spacing: 8px; min-height: {CONTROL_HEIGHT}px; }}
QCheckBox::indicator {{ width: 14px; height: 14px; border: 1px solid {t.text_disabled}; border-radius: 3px;
    background: {t.field}; }}
QCheckBox::indicator:checked {{ background: {t.accent}; border-color: {t.accent};
    image: url({icons}/box-check.svg); }}
QCheckBox::indicator:focus {{ border-color: {t.accent_line}; }}

QStatusBar {{ background: {t.window}; border-top: 1px solid {t.divider}; }}
QStatusBar::item {{ border: none; }}
QStatusBar QLabel {{ font-size: {SMALL_PX}px; color: {t.text_dim}; }}
QProgressBar {{ background: {t.field}; border: none; border-radius: 3px; }}
QProgressBar::chunk {{ background: {t.accent_line}; border-radius: 3px; }}

QLabel[role="dim"] {{ color: {t.text_dim}; }}
QLabel[role="small"] {{ color: {t.text_dim}; font-size: {SMALL_PX}px; }}
QLabel[role="title"] {{ font-weight: 600; }}
QLabel[role="section"] {{ font-weight: 600; font-size: {SMALL_PX}px; color: {t.text_dim}; }}
QLabel[role="danger"] {{ color: {t.danger}; }}
QLabel[role="warning"] {{ color: {t.warning}; font-size: {SMALL_PX}px; }}
QFrame[role="line"] {{ background: {t.outline}; border: none; }}
QFrame[role="card"] {{ background: {t.popup}; border: 1px solid {t.outline}; border-radius: 6px; }}
QFrame[role="bar"] {{ background: {t.window}; border: none; border-top: 1px solid {t.divider}; }}
"""
