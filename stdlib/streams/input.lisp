(in-package "ROOK-KERNEL")

;;;; Input of characters, lines and bytes. The % workers answer NIL at the end of the file.
;;;; The parts of an echo stream are (input output unread-p).

(defun %read-char (stream)
  (if (%native-p stream)
      (%primitive stream-read-char stream)
      (%read-char-from-target (%input-target stream))))

(defun %read-char-from-target (target)
  (if (%native-p target)
      (%primitive stream-read-char target)
      (case (%composite-type target)
        (:concatenated (%read-concatenated target #'%read-char))
        (:echo (%echo target (%read-char (first (%composite-parts target)))))
        (t (%user-stream-value (%user-stream-call 'read-char target))))))

(defun %user-stream-value (value)
  (if (eq value :eof) nil value))

(defun %read-concatenated (stream reader)
  (do ()
      ((null (%composite-parts stream)) nil)
    (let ((value (funcall reader (first (%composite-parts stream)))))
      (when value (return value))
      (%set-other-ref stream +composite-parts+ (rest (%composite-parts stream))))))

(defun %echo (stream char)
  ;; Copies CHAR to the output part, unless it was copied when it was read the first time.
  (let ((parts (%composite-parts stream)))
    (cond ((null char))
          ((third parts) (setf (third parts) nil))
          (t (%write-char char (second parts))))
    char))

(defun %peek-char (stream)
  (let ((target (%input-target stream)))
    (if (%native-p target)
        (%primitive stream-peek-char target)
        (case (%composite-type target)
          (:concatenated (%read-concatenated target #'%peek-char))
          (:echo (%peek-char (first (%composite-parts target))))
          (t (%user-stream-value (%user-stream-call 'peek-char target)))))))

(defun %unread-char (char stream)
  (let ((target (%input-target stream)))
    (if (%native-p target)
        (%primitive stream-unread-char target char)
        (case (%composite-type target)
          (:concatenated
           (if (%composite-parts target)
               (%unread-char char (first (%composite-parts target)))
               nil))
          (:echo
           (%unread-char char (first (%composite-parts target)))
           (setf (third (%composite-parts target)) t))
          (t (%user-stream-call 'unread-char target char))))
    nil))

(defun %end-of-file (stream eof-error-p eof-value)
  (if eof-error-p
      (error 'end-of-file :stream stream)
      eof-value))

(defun read-char (&optional stream (eof-error-p t) eof-value recursive-p)
  (declare (ignore recursive-p))
  (let ((stream (%input-stream stream)))
    (or (%read-char stream)
        (%end-of-file stream eof-error-p eof-value))))

(defun read-char-no-hang (&optional stream (eof-error-p t) eof-value recursive-p)
  (declare (ignore recursive-p))
  (let ((stream (%input-stream stream)))
    (if (and (interactive-stream-p stream) (not (listen stream)))
        nil
        (read-char stream eof-error-p eof-value))))

(defun unread-char (character &optional stream)
  (%unread-char character (%input-stream stream)))

(defun %whitespace-char-p (char)
  (%primitive readtable-whitespace-p *readtable* char))

(defun peek-char (&optional peek-type stream (eof-error-p t) eof-value recursive-p)
  (declare (ignore recursive-p))
  (let ((stream (%input-stream stream)))
    (do ((char (%peek-char stream) (%peek-char stream)))
        ((null char) (%end-of-file stream eof-error-p eof-value))
      (if (cond ((null peek-type) t)
                ((eq peek-type t) (not (%whitespace-char-p char)))
                (t (eql char peek-type)))
          (return char)
          (%read-char stream)))))

(defun listen (&optional stream)
  (let ((target (%input-target (%input-stream stream))))
    (if (%native-p target)
        (%primitive stream-listen target)
        (case (%composite-type target)
          (:concatenated (if (%peek-char target) t nil))
          (:echo (listen (first (%composite-parts target))))
          (t (%user-stream-call 'listen target))))))

(defun clear-input (&optional stream)
  (let ((target (%input-target (%input-stream stream))))
    (if (%native-p target)
        (%primitive stream-clear-input target)
        (case (%composite-type target)
          (:concatenated nil)
          (:echo (clear-input (first (%composite-parts target))))
          (t (%user-stream-call 'clear-input target))))
    nil))

;;; Lines.

(defun %read-line-by-characters (stream)
  ;; A line, or NIL at the end; the second value is true when no newline ended it.
  (let ((first (%read-char stream)))
    (if (null first)
        (values nil t)
        (let ((out (make-string-output-stream)))
          (do ((char first (%read-char stream)))
              ((or (null char) (eql char #\Newline))
               (values (get-output-stream-string out) (null char)))
            (%write-char char out))))))

(defun read-line (&optional stream (eof-error-p t) eof-value recursive-p)
  (declare (ignore recursive-p))
  (let* ((stream (%input-stream stream))
         (target (%input-target stream)))
    (multiple-value-bind (line missing-newline-p)
        (if (%native-p target)
            (let ((line (%primitive stream-read-line target)))
              (values line (%second-value)))
            (%read-line-by-characters target))
      (if line
          (values line missing-newline-p)
          (values (%end-of-file stream eof-error-p eof-value) t)))))

;;; Bytes and sequences.

(defun %read-byte (stream)
  (let ((target (%input-target stream)))
    (if (%native-p target)
        (%primitive stream-read-byte target)
        (case (%composite-type target)
          (:concatenated (%read-concatenated target #'%read-byte))
          (:echo (let* ((parts (%composite-parts target))
                        (byte (%read-byte (first parts))))
                   (when byte (write-byte byte (second parts)))
                   byte))
          (t (%user-stream-value (%user-stream-call 'read-byte target)))))))

(defun read-byte (stream &optional (eof-error-p t) eof-value)
  (or (%read-byte stream)
      (%end-of-file stream eof-error-p eof-value)))

(defun read-sequence (sequence stream &key (start 0) end)
  (let* ((end (or end (length sequence)))
         (reader (if (or (stringp sequence)
                         (and (%stream-object-p stream) (%character-stream-p stream)))
                     #'%read-char
                     #'%read-byte)))
    (%check-bounds sequence start end)
    (if (listp sequence)
        (do ((rest (nthcdr start sequence) (cdr rest))
             (i start (1+ i)))
            ((= i end) end)
          (let ((element (funcall reader stream)))
            (if element
                (rplaca rest element)
                (return i))))
        (do ((i start (1+ i)))
            ((= i end) end)
          (let ((element (funcall reader stream)))
            (if element
                (setf (aref sequence i) element)
                (return i)))))))

;;; Questions to the user.

(defun %ask (control arguments)
  (when control
    (fresh-line *query-io*)
    (apply #'format *query-io* control arguments)))

(defun y-or-n-p (&optional control &rest arguments)
  (do () (nil)
    (%ask control arguments)
    (write-string " (y or n) " *query-io*)
    (finish-output *query-io*)
    (let ((answer (read-line *query-io*)))
      (when (= (length answer) 1)
        (case (char answer 0)
          ((#\y #\Y) (return t))
          ((#\n #\N) (return nil))))
      (write-line "Please answer with y or n." *query-io*))))

(defun yes-or-no-p (&optional control &rest arguments)
  (do () (nil)
    (%ask control arguments)
    (write-string " (yes or no) " *query-io*)
    (finish-output *query-io*)
    (let ((answer (read-line *query-io*)))
      (cond ((string-equal answer "yes") (return t))
            ((string-equal answer "no") (return nil)))
      (write-line "Please answer with yes or no." *query-io*))))
