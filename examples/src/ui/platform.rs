//! What windows need of an operating system beyond winit; the only file of the windows with conditional compilation.

use winit::{
    event_loop::{ActiveEventLoop, EventLoop, EventLoopBuilder},
    window::{Window, WindowAttributes, WindowLevel},
};

use super::{UiError, shell::Wake};

#[cfg(all(unix, not(target_os = "macos")))]
mod x11;

/// Whether what a window needs is installed.
///
/// # Errors
/// [`UiError::MissingLibrary`], where winit would panic.
#[cfg(all(unix, not(target_os = "macos")))]
pub(super) fn check() -> Result<(), UiError> {
    use xkbcommon_dl::{x11::xkbcommon_x11_option, xkbcommon_option};
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let (x11, wayland) = (set("DISPLAY"), set("WAYLAND_DISPLAY") || set("WAYLAND_SOCKET"));
    if (x11 || wayland) && xkbcommon_option().is_none() {
        return Err(UiError::MissingLibrary("libxkbcommon.so.0"));
    }
    if x11 && !wayland && xkbcommon_x11_option().is_none() {
        return Err(UiError::MissingLibrary("libxkbcommon-x11.so.0"));
    }
    Ok(())
}

/// Other systems bring all of it.
#[cfg(not(all(unix, not(target_os = "macos"))))]
pub(super) fn check() -> Result<(), UiError> {
    Ok(())
}

/// Lets the loop run on the thread that asks for it.
#[cfg(all(unix, not(target_os = "macos")))]
pub(super) fn prepare(builder: &mut EventLoopBuilder<Wake>) {
    use winit::platform::x11::EventLoopBuilderExtX11;
    builder.with_any_thread(true);
}

/// Other systems insist on the main thread.
#[cfg(not(all(unix, not(target_os = "macos"))))]
pub(super) fn prepare(_: &mut EventLoopBuilder<Wake>) {}

/// A window for the indicator: above all others, without a frame, and where that can be had, out of the window manager's
/// reach, so that nothing hides, moves or closes it.
pub(super) fn indicator(events: &ActiveEventLoop, attributes: WindowAttributes) -> WindowAttributes {
    let attributes = attributes.with_decorations(false).with_resizable(false).with_window_level(WindowLevel::AlwaysOnTop);
    #[cfg(all(unix, not(target_os = "macos")))]
    {
        use winit::platform::x11::{ActiveEventLoopExtX11, WindowAttributesExtX11, WindowType};
        if events.is_x11() {
            return attributes.with_override_redirect(true).with_x11_window_type(vec![WindowType::Dock]);
        }
    }
    let _ = events;
    attributes
}

/// Gives the keyboard to windows where no window manager does.
#[derive(Debug)]
pub(super) struct Seat {
    #[cfg(all(unix, not(target_os = "macos")))]
    x11: Option<x11::Seat>,
}

impl Seat {
    /// # Errors
    /// [`UiError::Display`], when the display does not let itself be asked.
    pub(super) fn new(events: &EventLoop<Wake>) -> Result<Self, UiError> {
        #[cfg(all(unix, not(target_os = "macos")))]
        {
            use winit::platform::x11::EventLoopExtX11;
            Ok(Self { x11: if events.is_x11() { Some(x11::Seat::new()?) } else { None } })
        }
        #[cfg(not(all(unix, not(target_os = "macos"))))]
        {
            let _ = events;
            Ok(Self {})
        }
    }

    /// A window was opened or clicked: it gets the keyboard where nobody manages windows.
    pub(super) fn unmanaged(&self, window: &Window) {
        #[cfg(all(unix, not(target_os = "macos")))]
        if let Some(x11) = self.x11.as_ref().filter(|x11| !x11.managed()) {
            x11.take_keyboard(window);
        }
        let _ = window;
    }
}

/// Whether the indicator is on the screen, asked of the display itself where it can be.
#[derive(Debug)]
pub(super) struct Watch {
    #[cfg(all(unix, not(target_os = "macos")))]
    x11: Option<x11::Watch>,
}

impl Watch {
    /// Watches a window.
    ///
    /// # Errors
    /// [`UiError::Display`], when the display does not let itself be asked.
    pub(super) fn new(window: &Window) -> Result<Self, UiError> {
        #[cfg(all(unix, not(target_os = "macos")))]
        {
            Ok(Self { x11: x11::Watch::new(window)? })
        }
        #[cfg(not(all(unix, not(target_os = "macos"))))]
        {
            let _ = window;
            Ok(Self {})
        }
    }

    /// Brings the window back where it was covered or unmapped, and says whether it can be seen now.
    pub(super) fn seen(&mut self, window: &Window, occluded: bool) -> bool {
        #[cfg(all(unix, not(target_os = "macos")))]
        if let Some(x11) = &mut self.x11 {
            return x11.seen();
        }
        if window.is_minimized() == Some(true) {
            window.set_minimized(false);
        }
        !occluded && window.is_minimized() != Some(true)
    }

    /// Gives the keyboard to the indicator if the person has asked for that with Ctrl-Alt-Home; says whether.
    pub(super) fn called(&mut self) -> bool {
        #[cfg(all(unix, not(target_os = "macos")))]
        if let Some(x11) = &mut self.x11 {
            return x11.called();
        }
        false
    }

    /// Gives the keyboard back to the window that had it before.
    pub(super) fn dismiss(&mut self) {
        #[cfg(all(unix, not(target_os = "macos")))]
        if let Some(x11) = &mut self.x11 {
            x11.dismiss();
        }
    }

    /// Shows the helper's laser pointer, or takes it away; where the system has no way to, nothing happens.
    pub(super) fn laser(&mut self, at: Option<(i32, i32)>) {
        #[cfg(all(unix, not(target_os = "macos")))]
        if let Some(x11) = &mut self.x11 {
            x11.laser(at);
        }
        #[cfg(not(all(unix, not(target_os = "macos"))))]
        let _ = at;
    }
}
