//! How the virtual desktop looks.

use super::{
    paint::{Area, CELL_H, CELL_W, Painter, Pixel, int, rgb},
    scene::{LIST_ROW_H, LIST_ROWS, Role, Scene, Window},
};
use crate::{SecureKind, Size};

/// Height of the bar at the top of each display.
pub(super) const PANEL_H: i32 = 26;

const PAPER: Pixel = rgb(0x00ff_ffff);
const INK: Pixel = rgb(0x001b_1f24);
const FAINT: Pixel = rgb(0x006e_7781);
const LINE: Pixel = rgb(0x00d0_d7de);
const ACCENT: Pixel = rgb(0x0009_69da);

/// Where a secure prompt is shown.
pub(super) fn prompt_area(home: Size) -> Area {
    let (w, h) = (int(home.width).min(400), int(home.height).min(150));
    Area::new((int(home.width) - w) / 2, (int(home.height) - h) / 2, w, h)
}

/// Cells a line of the text field has.
pub(super) fn field_columns(content: Area) -> i32 {
    ((content.w - 12) / CELL_W).max(1)
}

/// Lines of the text field that are visible.
pub(super) fn field_lines(content: Area) -> i32 {
    ((content.h - 8) / CELL_H).max(1)
}

/// Where a cell of the text field is drawn.
fn field_cell(content: Area, line: i32, column: i32) -> (i32, i32) {
    (content.x + 6 + column * CELL_W, content.y + 4 + line * CELL_H)
}

/// The cell of the text field nearest to a point.
pub(super) fn field_cell_at(content: Area, x: i32, y: i32) -> (i32, i32) {
    (((y - content.y - 4).max(0)) / CELL_H, (x - content.x - 6 + CELL_W / 2).max(0) / CELL_W)
}

impl Scene {
    /// Draws everything of one display that lies within the painter's clip.
    pub(super) fn draw(&self, index: usize, painter: &mut Painter<'_>) {
        let screen = &self.screens[index];
        let whole = Area::whole(screen.size);
        painter.gradient(whole, rgb(0x0033_5c81), rgb(0x001b_2a41));
        let panel = Area::new(0, 0, whole.w, PANEL_H);
        painter.fill(panel, rgb(0x0016_1b22));
        painter.text(10, 5, "Virtual desktop", rgb(0x00f0_f6fc));
        if let Some(display) = self.layout.displays.get(index) {
            let label = format!("{}  {}×{}  at {},{}", display.name, screen.size.width, screen.size.height, display.rect.x, display.rect.y);
            let columns = i32::try_from(label.chars().count()).unwrap_or(0);
            painter.text((whole.w - columns * CELL_W - 10).max(150), 5, &label, rgb(0x008b_949e));
        }
        if index > 0 {
            return;
        }
        let top = self.windows.len() - 1;
        for (at, window) in self.windows.iter().enumerate() {
            self.draw_window(painter, window, at == top);
        }
        self.draw_prompt(painter, screen.size);
    }

    fn draw_window(&self, painter: &mut Painter<'_>, window: &Window, active: bool) {
        let area = window.area;
        painter.fill(Area::new(area.x + area.w, area.y + 4, 4, area.h), rgb(0x0013_1d2e));
        painter.fill(Area::new(area.x + 4, area.y + area.h, area.w, 4), rgb(0x0013_1d2e));
        painter.within(area, |painter| {
            painter.fill(area, rgb(0x00f6_f8fa));
            painter.outline(area, rgb(0x0024_292f));
            let title = window.title_bar();
            let (from, to) = if active { (0x0021_8bff, 0x0009_69da) } else { (0x00af_b8c1, 0x008c_959f) };
            painter.gradient(title, rgb(from), rgb(to));
            let name = match window.role {
                Role::Notes => "Notes",
                Role::Files => "Files",
                Role::Status => "Status",
            };
            painter.text(title.x + 8, title.y + 3, name, PAPER);
            for n in 0..3 {
                painter.outline(Area::new(title.x + title.w - 16 - n * 16, title.y + 6, 10, 10), PAPER);
            }
            match window.role {
                Role::Notes => self.draw_notes(painter, window),
                Role::Files => self.draw_files(painter, window),
                Role::Status => self.draw_status(painter, window),
            }
        });
    }

    fn draw_notes(&self, painter: &mut Painter<'_>, window: &Window) {
        let content = window.content();
        painter.fill(content, PAPER);
        painter.outline(content, if self.focused { ACCENT } else { LINE });
        painter.within(content.inset(2), |painter| {
            let columns = field_columns(content);
            if self.field.text().is_empty() && !self.focused {
                painter.text(content.x + 6, content.y + 4, "Click here and type", FAINT);
            }
            self.field.walk(columns, |line, column, _, character| {
                let (x, y) = field_cell(content, line - self.field_top, column);
                if let Some(character) = character.filter(|c| *c != '\n') {
                    painter.character(x, y, character, INK);
                }
            });
            if self.focused {
                let (line, column) = self.field.caret_cell(columns);
                let (x, y) = field_cell(content, line - self.field_top, column);
                painter.fill(Area::new(x - 1, y, 2, CELL_H), ACCENT);
            }
        });
    }

    fn draw_files(&self, painter: &mut Painter<'_>, window: &Window) {
        const FOLDERS: [&str; 7] = ["Invoices", "Résumés", "Photos", "Contracts", "Überblick", "Letters", "Año nuevo"];
        const ENDINGS: [&str; 5] = [".txt", ".pdf", ".png", ".odt", ".csv"];
        let content = window.content();
        painter.outline(content, LINE);
        let rows = window.rows();
        painter.within(rows, |painter| {
            let first = self.list_offset / LIST_ROW_H;
            for n in first..(first + rows.h / LIST_ROW_H + 2).min(LIST_ROWS) {
                let row = Area::new(rows.x, rows.y + n * LIST_ROW_H - self.list_offset, rows.w, LIST_ROW_H);
                painter.fill(row, if n % 2 == 0 { PAPER } else { rgb(0x00ee_f3f8) });
                let at = n.unsigned_abs() as usize;
                let name =
                    format!("{:03}  {} {}{}", n + 1, FOLDERS[at * 5 % FOLDERS.len()], at * 37 % 1000, ENDINGS[at * 3 % ENDINGS.len()]);
                painter.text(row.x + 6, row.y + 2, &name, INK);
            }
        });
        let track = Area::new(rows.x + rows.w, rows.y, 12, rows.h);
        painter.fill(track, rgb(0x00ea_eef2));
        let total = LIST_ROWS * LIST_ROW_H;
        let thumb = Area::new(track.x + 2, track.y + self.list_offset * track.h / total, 8, (track.h * track.h / total).max(8));
        painter.within(track, |painter| painter.fill(thumb, FAINT));
    }

    fn draw_status(&self, painter: &mut Painter<'_>, window: &Window) {
        let button = window.button();
        painter.within(button, |painter| {
            let (from, to) = if self.pressed { (0x00c6_ced6, 0x00d8_dee4) } else { (0x00ff_ffff, 0x00e4_e8ec) };
            painter.gradient(button, rgb(from), rgb(to));
            painter.outline(button, rgb(0x008c_959f));
            painter.text(button.x + 10, button.y + 6, &format!("Clicked {}×", self.clicks), INK);
        });
        let area = window.animation();
        painter.within(area, |painter| {
            painter.fill(area, rgb(0x000d_1117));
            let bars = (area.w / 14).max(1);
            for n in 0..bars {
                // A triangle wave whose period differs from bar to bar: deterministic, and never still.
                let period = 24 + u64::from(n.unsigned_abs() * 7 % 17);
                let phase = i32::try_from((self.tick + u64::from(n.unsigned_abs()) * 5) % period).unwrap_or(0);
                let period = i32::try_from(period).unwrap_or(1);
                let height = (area.h - 4) * (2 * phase - period).abs() / period;
                let bar = Area::new(area.x + 2 + n * 14, area.y + area.h - 2 - height, 10, height);
                painter.gradient(bar, rgb(0x007e_e787), rgb(0x001a_7f37));
            }
        });
    }

    fn draw_prompt(&self, painter: &mut Painter<'_>, home: Size) {
        let Some((kind, typed)) = &self.prompt else { return };
        let area = prompt_area(home);
        painter.within(area, |painter| {
            painter.fill(area, rgb(0x00ff_f8e5));
            painter.outline(area, rgb(0x009a_6700));
            painter.fill(Area::new(area.x, area.y, area.w, 24), rgb(0x009a_6700));
            let title = match kind {
                SecureKind::Uac => "Allow this program to change your device?",
                SecureKind::Logon => "Sign in",
                SecureKind::Lock => "Locked",
                SecureKind::Polkit => "Authentication is required",
                SecureKind::Unknown => "Secure prompt",
            };
            painter.text(area.x + 10, area.y + 4, title, PAPER);
            painter.text(area.x + 14, area.y + 40, "Password of an administrator", INK);
            let field = Area::new(area.x + 14, area.y + 62, (area.w - 28).max(0), 26);
            painter.fill(field, PAPER);
            painter.outline(field, ACCENT);
            for (n, _) in (0..).zip(typed.chars()) {
                painter.fill(Area::new(field.x + 8 + n * 12, field.y + 9, 8, 8), INK);
            }
            painter.text(area.x + 14, area.y + 104, "Enter to confirm", FAINT);
        });
    }
}
